"""A conversation's one writer: this process, once it has the seat, or another, which is asked to do what is wanted."""

import threading
import time
from collections.abc import Callable
from uuid import uuid4

from agent_core.errors import ProviderUnavailable
from agent_core.session.log import Log
from agent_core.session.orders import ORDERS, Answer, Order
from agent_core.session.recovery import Bill, recover
from agent_core.storage.requests import Request, RequestBox
from agent_core.storage.seats import Seats

LONGEST_ANSWER_SECONDS = 20.0
_LOOK_SECONDS = 0.05
_NO_ANSWER = "The part of the app that holds this conversation doesn't answer. "
_SEAT_SECONDS = 1.0
"""How often a process that waits for another looks whether that one is still there."""


class Seat:
    """The seat of one conversation, as this process sees it. Safe to use from any thread but the background loop's."""

    def __init__(
        self,
        conversation_id: str,
        log: Log,
        *,
        seats: Seats,
        requests: RequestBox,
        settle_orphans: Callable[[], None],
        taken: Callable[[], None],
        bill: Bill,
    ) -> None:
        self._conversation_id = conversation_id
        self._log = log
        self._seats = seats
        self._requests = requests
        self._settle_orphans = settle_orphans
        self._taken = taken
        self._bill = bill
        self._lock = threading.RLock()
        self.used_at = time.monotonic()
        """When the seat was last wanted, by the monotonic clock."""

    @property
    def held(self) -> bool:
        """Whether this process writes the conversation."""
        return self._log.seat is not None

    def touch(self) -> None:
        """Note that somebody looks at the conversation here."""
        self.used_at = time.monotonic()

    def take(self) -> bool:
        """Write the conversation from here, unless another living process does.

        What a dead one left open is ended first, in the log. Raises KeyError for a conversation that was deleted.
        """
        with self._lock:
            self.touch()
            if self.held:
                return True
            seat = self._seats.take(self._conversation_id)
            if seat is None:
                return False
            self._settle_orphans()
            self._log.refresh()
            self._log.seat = seat
            self._taken()
            self.recover()
            return True

    def recover(self) -> None:
        """End what nobody works on any more. Raises StoreUnavailable."""
        recover(self._log, self._bill)

    def follow(self) -> None:
        """Read what another process has written; where it has died in the middle of a turn, take its place."""
        if self.held:
            return
        self._log.refresh()
        if self._log.state.open_turn is not None and not self._seats.held(self._conversation_id):
            self.take()

    def give_up(self) -> None:
        """Let any process write the conversation from now on."""
        with self._lock:
            seat, self._log.seat = self._log.seat, None
            if seat is not None:
                self._seats.release(self._conversation_id, seat)

    def ask(self, order: Order) -> Answer | None:
        """Have the other process do something; None where it is gone, and the seat is this process's now.

        Raises ProviderUnavailable where the other neither answers nor ends.
        """
        request = Request(uuid4().hex, self._conversation_id, ORDERS.dump_json(order).decode())
        self._requests.ask(request)
        began = looked = time.monotonic()
        while (text := self._requests.answer_to(request.id)) is None:
            now = time.monotonic()
            if now - looked > _SEAT_SECONDS:
                looked = now
                if self.take():
                    self._requests.forget(request.id)
                    return None
            if now - began > LONGEST_ANSWER_SECONDS and self._requests.withdraw(request.id):
                raise ProviderUnavailable(_NO_ANSWER + "Nothing was done; try again.")
            if now - began > 2 * LONGEST_ANSWER_SECONDS:
                raise ProviderUnavailable(_NO_ANSWER + "Reload the page to see whether it was done.")
            time.sleep(_LOOK_SECONDS)
        self._requests.forget(request.id)
        self._log.refresh()
        return Answer.model_validate_json(text)

    def tell(self, order: Order) -> None:
        """Have the other process do something, without waiting for it."""
        self._requests.ask(Request(uuid4().hex, self._conversation_id, ORDERS.dump_json(order).decode()))
