"""What a call writes, from bytes in two pipes to `Output`s, a few at a time."""

import asyncio
import codecs
from typing import Literal

from agent_core.sandbox.base import Emit, Output

Stream = Literal["stdout", "stderr"]
LIMIT_BYTES = 10 << 20
_BATCH_SECONDS = 0.05


class Outputs:
    """Collects one call's text and passes it on, at most every 50 ms and at once after a pause, up to `LIMIT_BYTES`."""

    def __init__(self, emit: Emit, over_limit: asyncio.Future[None]) -> None:
        self._emit = emit
        self._over_limit = over_limit
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in ("stdout", "stderr")}
        self._pieces: list[tuple[Stream, str]] = []
        self._left = LIMIT_BYTES
        self._timer: asyncio.TimerHandle | None = None
        self._passed_on = -_BATCH_SECONDS

    def feed(self, stream: Stream, data: bytes) -> None:
        """Take bytes in. Those over the limit are dropped, and the future is told."""
        kept = data[: self._left]
        self._left -= len(kept)
        if len(kept) < len(data) and not self._over_limit.done():
            self._over_limit.set_result(None)
        if text := self._decoders[stream].decode(kept):
            self._pieces.append((stream, text))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_at(self._passed_on + _BATCH_SECONDS, self.flush)

    def finish(self) -> None:
        """Pass on the rest, the beginnings of broken characters too."""
        for stream in ("stdout", "stderr"):
            if rest := self._decoders[stream].decode(b"", final=True):
                self._pieces.append((stream, rest))
        self.flush()

    def flush(self) -> None:
        """Pass on what there is; neighbours of one stream become one piece."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._passed_on = asyncio.get_running_loop().time()
        pieces, self._pieces = self._pieces, []
        start = 0
        for place in range(1, len(pieces) + 1):
            if place == len(pieces) or pieces[place][0] != pieces[start][0]:
                self._emit(Output(pieces[start][0], "".join(text for _, text in pieces[start:place])))
                start = place
