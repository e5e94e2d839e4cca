"""Tells threads that something has happened, so that nobody has to look again and again."""

import threading


class Bell:
    """Safe to ring and to hear from any thread."""

    def __init__(self) -> None:
        self._rings = threading.Condition()
        self._rung = 0

    def ring(self) -> None:
        """Wake whoever waits."""
        with self._rings:
            self._rung += 1
            self._rings.notify_all()

    def wait(self, heard: int, seconds: float) -> int:
        """How often it has been rung: as soon as that is other than `heard`, or when the time is over."""
        with self._rings:
            self._rings.wait_for(lambda: self._rung != heard, seconds)
            return self._rung
