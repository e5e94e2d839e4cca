"""What runs inside the jail: one Python REPL, one bash, and the working folder's files.

It is copied into the jail and imported there under the name `worker`: the standard library only, and
no import of ours. Nothing here is trusted by the host, for the code that it runs can change it.
"""
