"""Joins planner, tools, sandbox, store and meter; the only part of the core that the screen calls.

Every public method of `Deployment` and `Conversation` is thread-safe, returns at once, and may be
called from any script run: a turn is a task on one background loop and outlives the screen.
"""

from agent_core.session.conversation import Conversation
from agent_core.session.deployment import Deployment
from agent_core.session.values import ConversationSummary, Draft, IncomingFile, SandboxState, Snapshot

__all__ = [
    "Conversation",
    "ConversationSummary",
    "Deployment",
    "Draft",
    "IncomingFile",
    "SandboxState",
    "Snapshot",
]
