"""Which connections were refused during a call, and whether its error came from that."""

from collections import deque
from dataclasses import replace

from agent_core.sandbox.base import Denial, Execution, OnDenied

_MOST_WAITING = 50
_SAID = "Ringfence: "


class Denials:
    """Passes denials to whoever makes the call that is under way; between calls they wait for the next."""

    def __init__(self) -> None:
        self._waiting: deque[Denial] = deque(maxlen=_MOST_WAITING)
        self._tell: OnDenied | None = None
        self._count = 0

    def begin(self, tell: OnDenied | None) -> None:
        """A call begins."""
        self._tell, self._count = tell, 0
        while self._waiting and tell is not None:
            tell(self._waiting.popleft())

    def end(self) -> None:
        """The call is over."""
        self._tell = None

    def add(self, denial: Denial) -> None:
        """A connection was refused."""
        self._count += 1
        if self._tell is not None:
            self._tell(denial)
        else:
            self._waiting.append(denial)

    def judged(self, execution: Execution) -> Execution:
        """What the call did, with its error put down to the network where the proxy's refusal is what it tells."""
        error = execution.error
        if error is None or error.kind != "code_error" or not self._count or _SAID not in error.traceback:
            return execution
        return replace(execution, error=replace(error, kind="network_denied"))
