"""What a person does with code: run it changed, have it explained, and see what the session knows."""

from agent_core.events import AgentSaid, CodeFinished, TurnEnded, UserAsked
from agent_core.planning.history import account, turns
from agent_core.session import Conversation
from tests.session.conftest import run, settle, wait_for

HOSTILE = """
import time
class Slow:
    def __repr__(self): time.sleep(60)
    __str__ = __len__ = __repr__
    def __getattribute__(self, name): time.sleep(60)
class Meta(type):
    @property
    def __name__(cls): time.sleep(60)
    def __instancecheck__(cls, other): time.sleep(60)
class Odd(metaclass=Meta): pass
slow, odd, large = Slow(), Odd(), 1 << 100_000
import pandas as pd, numpy as np
class Frame(pd.DataFrame):
    @property
    def shape(self): time.sleep(60)
table, sub = pd.DataFrame({'a': [1, 2]}), Frame({'a': [1]})
numbers, text, items, _hidden = np.zeros((2, 3)), 'x' * 5_000, [1, 2, 3], 1
def helper(): pass
"""


def last_turn(conversation: Conversation) -> list[object]:
    events = [stored.event for stored in conversation.snapshot().events]
    start = max(place for place, event in enumerate(events) if isinstance(event, UserAsked))
    return events[start:]


def test_variables_are_listed_and_nothing_of_theirs_is_run(conversation: Conversation) -> None:
    """Hostile objects are named and not asked; no event tells of the look, and the state is as before."""
    assert conversation.variables() is None
    run(conversation, HOSTILE)
    before = conversation.snapshot()
    wait_for(lambda: conversation.variables() is not None)
    found = {one.name: (one.kind, one.size) for one in conversation.variables() or ()}
    assert found == {
        "slow": ("Slow", ""),
        "odd": ("Odd", ""),
        "large": ("int", ""),
        "table": ("DataFrame", "2 rows × 1 columns"),
        "sub": ("Frame", ""),
        "numbers": ("ndarray", "2 × 3, float64"),
        "text": ("str", '"' + "x" * 78 + "…"),
        "items": ("list", "3 items"),
    }
    after = conversation.snapshot()
    assert (after.last, after.sandbox, after.closing) == (before.last, before.sandbox, before.closing)
    assert run(conversation, "print(text[:3], sorted(k for k in globals() if 'mark' in k))").stdout == "xxx []"


def test_a_session_that_lies_about_its_variables_gives_none(conversation: Conversation) -> None:
    run(conversation, "import builtins; builtins.print = lambda *_, **__: None")
    wait_for(lambda: conversation.variables() is not None)
    assert conversation.variables() == ()


def test_edited_code_is_a_turn_of_its_own_and_the_planner_learns_of_it(conversation: Conversation) -> None:
    run(conversation, "x = 20")
    assert conversation.run_code("x += 22\nprint(x)", "python")
    settle(conversation)
    events = last_turn(conversation)
    finished = next(event for event in events if isinstance(event, CodeFinished))
    assert finished.stdout == "42"
    assert isinstance(events[-1], TurnEnded)
    assert not [event for event in events if isinstance(event, AgentSaid)]
    told = account(turns(stored.event for stored in conversation.snapshot().events), ())
    assert "x += 22" in told
    assert "the person" in told
    assert run(conversation, "print(x)").stdout == "42"
    assert account(turns(stored.event for stored in conversation.snapshot().events), ()) == ""


def test_the_built_in_analyst_explains_code_and_runs_none(conversation: Conversation) -> None:
    conversation.ask("Explain this code step by step, in plain words:\n\n```python\nimport os\nopen('a', 'w')\n```")
    settle(conversation)
    events = last_turn(conversation)
    assert not [event for event in events if isinstance(event, CodeFinished)]
    said = " ".join(event.text for event in events if isinstance(event, AgentSaid))
    assert "1. Loads the library `os`." in said
    assert "did not run it" in said
