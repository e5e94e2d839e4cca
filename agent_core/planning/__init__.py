"""Turns a person's message into work: the Claude Agent SDK's loop, and the only place that imports it.

The SDK's process runs in a jail of its own without any network. It reaches one thing, a unix socket
(`endpoint`), behind which the host either relays to a model (`relay`) or answers by itself. Its
transcript is kept outside (`transcripts`), so that it can be ended at any time and started again.
"""
