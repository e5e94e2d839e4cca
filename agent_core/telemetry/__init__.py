"""What an operator's instruments see of the app: logs, metrics and traces. Never a message, code or a file's name.

Metrics and traces are read off the events as they are appended, so nothing else in the core knows of them.
"""
