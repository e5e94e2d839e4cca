"""What can be asked of a conversation, as a value: the process that holds it may be another one."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from agent_core.contract import Contract, PlannerSettings
from agent_core.events import FileRefused, Upload, Value


class Ask(Value):
    """Open a turn. The files are in the artifact store already."""

    kind: Literal["ask"] = "ask"
    turn: str
    text: str
    uploads: tuple[Upload, ...] = ()
    refused: tuple[FileRefused, ...] = ()


class Bring(Value):
    """Bring files in without asking anything."""

    kind: Literal["bring"] = "bring"
    uploads: tuple[Upload, ...] = ()
    refused: tuple[FileRefused, ...] = ()


class Remove(Value):
    """Take a file out."""

    kind: Literal["remove"] = "remove"
    name: str


class Amend(Value):
    """Put another contract in force."""

    kind: Literal["amend"] = "amend"
    contract: Contract
    by: str


class Plan(Value):
    """Set the planner otherwise."""

    kind: Literal["plan"] = "plan"
    settings: PlannerSettings


class Plain(Value):
    """What needs no more words.

    `stop` the turn; `restart` the sandbox; `extend` its rest; `end` turn and sandbox for the operator; `make_room`
    where the sandbox rests; `let_go` of the conversation altogether.
    """

    kind: Literal["stop", "restart", "extend", "end", "make_room", "let_go"]


Order = Annotated[Ask | Bring | Remove | Amend | Plan | Plain, Field(discriminator="kind")]

ORDERS: TypeAdapter[Order] = TypeAdapter(Order)


class Answer(Value):
    """What became of an order."""

    taken: bool = True
    """False where a turn was running already."""
    version: int = 0
    """The contract in force after an edit."""
    refusal: str = ""
    """Why the contract could not be edited so; empty where it could, or wasn't to be."""
    clause: str = ""
