"""What a crash left open, closed truthfully when the conversation is next opened."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from agent_core.events import CodeFinished, Event, TurnEnded
from agent_core.planning.base import TurnResult
from agent_core.session.log import Log, State
from agent_core.session.turn import Model

_MESSAGE = "The app was stopped in the middle of this turn. What is shown above is kept; ask again to go on."


Bill = Callable[[datetime, State], tuple[Model, TurnResult]]
"""Who planned since a time, as the events say, and what that has used."""


def recover(log: Log, bill: Bill) -> None:
    """End the run and the turn that no process works on any more, at their true cost. Raises StoreUnavailable."""
    with log.lock:
        turn, run = log.state.open_turn, log.state.open_run
        ended: list[Event] = []
        if turn and run:
            ended.append(
                CodeFinished(
                    turn=turn, run=run, exit_code=1, seconds=0, error="stopped", message="The app was stopped."
                )
            )
        if turn:
            began = log.asked_at(turn)
            model, used = bill(began, log.state)
            ended.append(
                TurnEnded(
                    turn=turn,
                    outcome="failed",
                    message=_MESSAGE,
                    seconds=0,
                    input_tokens=used.tokens.input,
                    output_tokens=used.tokens.output,
                    cache_read_tokens=used.tokens.cache_read,
                    cache_write_tokens=used.tokens.cache_write,
                    model=model.name,
                    model_cost_usd=used.cost_usd if model.billed else Decimal(0),
                )
            )
        if ended:
            log.append(*ended)
