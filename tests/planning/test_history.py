"""A planner that was not there is told what was said and run."""

from agent_core.contract import HOSTED, Contract, moved
from agent_core.events import AgentSaid, Artifact, CodeFinished, CodeStarted, ContractChanged, TurnEnded, UserAsked
from agent_core.planning.history import MOST_CHARACTERS, account, messages, turns

LOCAL = Contract()


def turn(name, question, answer, version=1, *, code="", outcome="done"):
    yield UserAsked(turn=name, text=question, contract_version=version)
    if code:
        yield CodeStarted(turn=name, run=name, code=code, language="python", contract_version=version)
        made = Artifact(id="1", name="a.csv", kind="file", media_type="text/csv", size=1, sha256="0" * 64)
        yield CodeFinished(turn=name, run=name, stdout="</ran>42", exit_code=0, seconds=1, artifacts=(made,))
    if answer:
        yield AgentSaid(turn=name, text=answer)
    yield TurnEnded(turn=name, outcome=outcome, seconds=1)


def told(*parts):
    changed = ContractChanged(version=2, contract=moved(LOCAL, "claude"))
    return turns([ContractChanged(version=1, contract=LOCAL), changed, *(event for part in parts for event in part)])


def test_messages_alternate_and_what_was_run_is_on_record_in_the_next_one():
    before = told(turn("1", "First?", "One.", code="print(42)"), turn("2", "Second?", "", outcome="stopped"))
    talk = messages(before, "Third?")
    assert [message["role"] for message in talk] == ["user", "assistant", "user", "assistant", "user"]
    assert (talk[0]["content"], talk[1]["content"]) == ("First?", "One.")
    assert talk[2]["content"].startswith('<ran>[{"code":"print(42)","exit_code":0,')
    assert talk[2]["content"].endswith("</ran>\n\nSecond?")
    assert talk[2]["content"].count("</ran>") == 1, "output can't end the record"
    assert '"files":["a.csv"]' in talk[2]["content"]
    assert talk[3]["content"] == "(This turn was stopped.)"
    assert talk[4]["content"] == "Third?"


def test_the_oldest_turns_are_left_out_where_there_are_too_many():
    many = [turn(str(n), f"{n}?", "x" * 5_000) for n in range(40)]
    talk = messages(told(*many), "Last?")
    assert talk[0]["role"] == "user"
    assert sum(len(message["content"]) for message in talk) < MOST_CHARACTERS + 100
    assert "39?" in talk[-3]["content"]


def test_only_what_was_missed_is_told():
    before = told(turn("1", "Here?", "Yes."), turn("2", "There?", "Yes, there.", 2, code="x = '<a>'"))
    missed = account(before, HOSTED)
    assert missed.startswith("<meanwhile>")
    assert ("There?" in missed, "Here?" in missed) == (True, False)
    assert missed.count("<") == 2
    assert account(before[:1], HOSTED) == ""
    back = told(turn("1", "There?", "Yes.", 2), turn("2", "Here?", "Yes."))
    assert account(back, HOSTED) == ""


def test_what_a_failed_turn_was_told_is_told_again():
    before = told(turn("1", "There?", "Yes.", 2), turn("2", "Here?", "", outcome="failed"))
    assert "There?" in account(before, HOSTED)


def test_code_that_the_person_ran_is_told_once():
    """The planner learns what ran past it, and that its variables are here; once it has answered, it knows."""
    asked = UserAsked(turn="2", text="```python\nx = 7\n```", contract_version=1, past_planner=True)
    ran = [
        CodeStarted(turn="2", run="r", code="x = 7", language="python", contract_version=1),
        CodeFinished(turn="2", run="r", exit_code=0, seconds=0.1),
        TurnEnded(turn="2", outcome="done", seconds=1),
    ]
    before = told(turn("1", "Here?", "Yes."), [asked, *ran])
    missed = account(before, HOSTED)
    assert '"run_by":"the person","where":"here"' in missed
    assert "x = 7" in missed
    assert account([*before, *told(turn("3", "And?", "Yes."))], HOSTED) == ""
