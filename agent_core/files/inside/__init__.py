"""What runs inside the sandbox to look at a file. The host reads these files as text and never imports them.

`loader` makes modules of the others there, for as long as one look takes, and leaves nothing behind. They
need pandas and the standard library.
"""
