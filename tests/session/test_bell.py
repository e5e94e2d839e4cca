"""Who waits for news of a conversation is woken by it."""

import threading
import time

from agent_core.session.bell import Bell

LONG = 60.0


def test_who_waits_is_woken():
    """A ring ends the wait of another thread, long before its time is over."""
    bell = Bell()
    heard: list[int] = []
    waiting = threading.Thread(target=lambda: heard.append(bell.wait(0, LONG)))
    began = time.monotonic()
    waiting.start()
    bell.ring()
    waiting.join(LONG)
    assert heard == [1]
    assert time.monotonic() - began < LONG


def test_what_was_missed_is_heard_at_once():
    """A ring before the wait counts; without one the time is waited out."""
    bell = Bell()
    bell.ring()
    assert bell.wait(0, LONG) == 1
    assert bell.wait(1, 0.0) == 1
