"""What a crash left open, closed truthfully when the conversation is next opened."""

from agent_core.events import CodeFinished, Event, TurnEnded
from agent_core.session.log import Log

_MESSAGE = "The app was stopped in the middle of this turn. What is shown above is kept; ask again to go on."


def recover(log: Log) -> None:
    """End the run and the turn that no process works on any more."""
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
            ended.append(TurnEnded(turn=turn, outcome="failed", message=_MESSAGE, seconds=0))
        if ended:
            log.append(*ended)
