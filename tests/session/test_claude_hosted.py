"""Conversations whose code runs at Claude: the whole app over the real SDK and an emulated Anthropic."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from agent_core.background import BackgroundLoop
from agent_core.contract import Billing, Contract, Lifecycle, Network, Timeout, moved
from agent_core.errors import ClauseRefused
from agent_core.events import (
    AgentSaid,
    CodeFinished,
    CodeStarted,
    ContractDenied,
    Event,
    PlannerRetried,
    SandboxClosed,
    SandboxOpened,
)
from agent_core.session import Conversation, Deployment
from tests.emulators.anthropic import Emulator, Fault, Pause, Run, Say, Think, Write
from tests.emulators.messages import Answer, Call
from tests.emulators.messages import Say as SayHere
from tests.session.conftest import OWNER, ask, ended, file, settings, wait_for

LOCAL = Contract()
CLAUDE = moved(LOCAL, "claude")
CSV = b"town,people\nOslo,7\nBergen,3\n"
PNG = """\
import os, struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
head = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
picture = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(20))) + chunk(b"IEND", b"")
open(os.environ["OUTPUT_DIR"] + "/people.png", "wb").write(b"\\x89PNG\\r\\n\\x1a\\n" + picture)"""
CHART = f"""\
cat > analysis.py <<'END'
import csv
{PNG}
towns = list(csv.DictReader(open(os.environ["INPUT_DIR"] + "/towns.csv")))
print(sum(int(town["people"]) for town in towns))
END
python3 analysis.py
cp "$INPUT_DIR/towns.csv" "$OUTPUT_DIR/people.csv\""""


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    loop = BackgroundLoop()
    emulator = Emulator()
    loop.run(emulator.__aenter__())
    yield emulator
    loop.run(emulator.__aexit__(None, None, None))
    loop.close()


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    running.script.clear()
    running.faults.clear()
    running.asked.clear()
    running.abandoned = 0
    yield running
    assert running.violations == []


@pytest.fixture(scope="module")
def variables(running: Emulator) -> dict[str, str]:
    return {"ANTHROPIC_API_KEY": running.key, "ANTHROPIC_BASE_URL": running.url}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]) -> Iterator[Deployment]:
    opened = Deployment(settings(tmp_path_factory.mktemp("hosted") / "home", **variables))
    yield opened
    opened.close()


@pytest.fixture
def conversation(deployment: Deployment, emulator: Emulator) -> Iterator[Conversation]:
    opened = deployment.create(uuid4().hex, CLAUDE)
    yield opened
    opened.restart_sandbox()
    wait_for(lambda: opened.snapshot().sandbox.phase == "none" and emulator.files == {})


def all_of(events: list[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def said(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, AgentSaid)]


def edited(contract: Contract, **clauses: object) -> Contract:
    return contract.model_copy(update=clauses)


def sent(emulator: Emulator, number: int = -1) -> str:
    return json.dumps(emulator.asked[number]["messages"], ensure_ascii=False)


def test_a_question_with_a_file_becomes_a_chart_and_a_table(conversation: Conversation, emulator: Emulator) -> None:
    """The person sees the code, its output and what it made, each stored by hash; the estimate runs."""
    emulator.then(Think("A file."), Say("Let me look."), Run(CHART), Say("Ten people in all."))
    events = ask(conversation, "How many people?", file("towns.csv", CSV))

    assert ended(events).outcome == "done", ended(events)
    assert said(events) == ["Let me look.", "Ten people in all."]
    (started,) = all_of(events, CodeStarted)
    assert (started.code, started.language) == (CHART, "bash")
    (finished,) = all_of(events, CodeFinished)
    assert (finished.stdout, finished.exit_code, finished.error) == ("10\n", 0, None)
    made = {artifact.name: artifact for artifact in finished.artifacts}
    assert {name: one.kind for name, one in made.items()} == {"people.png": "image", "people.csv": "table"}
    assert conversation.read_artifact(made["people.png"].sha256).startswith(b"\x89PNG")
    assert conversation.read_artifact(made["people.csv"].full_data) == CSV
    (opened,) = all_of(events, SandboxOpened)
    assert (opened.provider, opened.sandbox) == ("claude", finished.sandbox)
    assert conversation.snapshot().cost.sandbox_usd == Decimal("0.05") / 3_600 * 300, "the least is five minutes"
    assert ended(events).input_tokens == 100
    assert emulator.files, "they lie there for as long as the container does"
    assert all(one.expires_in_seconds == 4_200 for one in emulator.files.values() if not one.downloadable)


def test_the_container_is_used_again_and_files_are_sent_once(conversation: Conversation, emulator: Emulator) -> None:
    """The second question finds what the first left, and hears what was said and run before."""
    emulator.then(Run("cp $INPUT_DIR/a.csv kept.csv; echo first > note"), Say("Kept."))
    emulator.then(Run("cat kept.csv note"), Say("There."))
    ask(conversation, "Keep it.", file("a.csv", b"a\n1\n"))
    events = ask(conversation, "Is it there?")
    assert all_of(events, CodeFinished)[0].stdout == "a\n1\nfirst\n"
    assert all_of(events, SandboxOpened) == []
    first, second = emulator.asked
    assert "container" not in first
    assert second["container"] == list(emulator.containers)[-1]
    assert json.dumps(first).count("container_upload") == 1
    assert "container_upload" not in json.dumps(second)
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]
    assert "Keep it." in sent(emulator)
    assert "echo first" in second["messages"][-1]["content"], "what was run is on record"
    assert emulator.sent() == ["a.csv"]


def test_a_paused_answer_is_gone_on_with(conversation: Conversation, emulator: Emulator) -> None:
    """The app asks again with what was there, and the person sees one answer."""
    emulator.then(Say("One."), Run("echo 1"), Pause(), Run("echo 2"), Say("Two."))
    events = ask(conversation, "Count.")
    assert [event.stdout for event in all_of(events, CodeFinished)] == ["1\n", "2\n"]
    assert said(events) == ["One.", "Two."]
    assert ended(events).input_tokens == 200


def test_a_file_that_the_editor_writes_is_shown(conversation: Conversation, emulator: Emulator) -> None:
    """Its text is what the person sees as the code."""
    emulator.then(Write("/work/a.py", "print(6 * 7)\n"), Run("python3 a.py"), Say("Yes."))
    events = ask(conversation, "Write it.")
    written, ran = all_of(events, CodeStarted)
    assert (written.language, "print(6 * 7)" in written.code, ran.code) == ("python", True, "python3 a.py")
    assert [event.stdout for event in all_of(events, CodeFinished)] == ["", "42\n"]


def test_a_conversation_goes_to_claude_and_back(deployment: Deployment, emulator: Emulator) -> None:
    """Files go along, both planners know what was said, and the chat shows where one sandbox ended."""
    tool = "mcp__sandbox__execute_code"
    conversation = deployment.create(uuid4().hex, LOCAL)
    write = "x = 1\nopen('made.txt', 'w').write('made here')"
    emulator.planner.then(Answer((Call(tool, {"code": write}),)), Answer((SayHere("Made one."),)))
    ask(conversation, "Make a file.", file("a.csv", b"a\n1\n"))
    conversation.amend(moved(conversation.snapshot().contract, "claude"))
    emulator.then(Run("cat $INPUT_DIR/made.txt; echo there > $OUTPUT_DIR/there.txt"), Say("Read it."))
    events = ask(conversation, "Read it.", file("b.csv", b"b\n2\n"))
    assert [event.stdout for event in all_of(events, CodeFinished)] == ["made here"], ended(events)
    assert "Make a file." in sent(emulator)
    assert "Made one." in sent(emulator)
    assert sorted(emulator.sent()) == ["a.csv", "b.csv", "made.txt"]

    conversation.amend(moved(conversation.snapshot().contract, "local"))
    look = "print('x' in globals(), open('made.txt').read(), open('there.txt').read(), open('inputs/b.csv').read())"
    emulator.planner.then(Answer((Call(tool, {"code": look}, "toolu_2"),)), Answer((SayHere("Back."),)))
    events = ask(conversation, "And now?")
    assert all_of(events, CodeFinished)[0].stdout.split() == ["False", "made", "here", "there", "b", "2"]
    heard = json.dumps(emulator.planner.asked[-1].body["messages"])
    assert "Read it." in heard
    assert "inputs/b.csv" in heard, "files that came meanwhile are told of"
    every = [stored.event for stored in conversation.snapshot().events]
    assert [event.provider for event in all_of(every, SandboxOpened)] == ["local", "claude", "local"]
    assert [event.reason for event in all_of(every, SandboxClosed)] == ["contract_changed"] * 2
    assert emulator.files == {}
    assert conversation.snapshot().contract.resources == LOCAL.resources


def test_an_expired_container_is_replaced_once(conversation: Conversation, emulator: Emulator) -> None:
    """The chat says that it is gone; the files are sent again, and the question is answered."""
    emulator.then(Run("echo 1 > only-here"), Say("Noted."))
    emulator.then(Run("ls only-here; cat $INPUT_DIR/a.csv"), Say("Gone."))
    ask(conversation, "Note.", file("a.csv", b"a\n1\n"))
    list(emulator.containers.values())[-1].expired = True
    events = ask(conversation, "Is it there?")
    assert ended(events).outcome == "done"
    assert [event.reason for event in all_of(events, SandboxClosed)] == ["expired"]
    assert len(all_of(events, SandboxOpened)) == 1
    (finished,) = all_of(events, CodeFinished)
    assert "a\n1\n" in finished.stdout
    assert "only-here" in finished.stderr
    assert emulator.sent() == ["a.csv"]


FAULTS = {
    "a key that is refused": (Fault(status=401, type="authentication_error"), "auth"),
    "no credit": (Fault(status=402, type="billing_error"), "provider_unavailable"),
    "an unknown model": (Fault(status=404, type="not_found_error"), "provider_unavailable"),
    "a long wait": (
        Fault(status=429, type="rate_limit_error", headers={"retry-after": "600"}),
        "rate_limited",
    ),
    "an error of theirs": (Fault(times=9, headers={"retry-after": "0"}), "provider_unavailable"),
    "overloaded": (
        Fault(status=529, type="overloaded_error", times=9, headers={"retry-after": "0"}),
        "rate_limited",
    ),
    "a cut stream": (Fault(kind="cut", after_events=6), "provider_unavailable"),
    "an error in the middle": (Fault(kind="error", type="overloaded_error", after_events=6), "rate_limited"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_and_the_next_question_works(
    conversation: Conversation, emulator: Emulator, fault: str
) -> None:
    """The turn says what it was; nothing is left running or metered that was never made."""
    happens, kind = FAULTS[fault]
    emulator.faults.append(Fault(**vars(happens)))
    emulator.then(Say("Let me see."), Run("echo 1"), Say("Done."))
    events = ask(conversation, "Try.")
    turn = ended(events)
    assert (turn.outcome, turn.error) == ("failed", kind), turn
    assert turn.message.endswith(".")
    assert emulator.key not in repr(events)
    snapshot = conversation.snapshot()
    assert (snapshot.busy, snapshot.cost.running_since) == (False, None)
    assert snapshot.cost.sandbox_usd == 0
    assert [event.reason for event in all_of(events, SandboxClosed)] == ["never_made"]
    emulator.faults.clear()
    emulator.script.clear()
    emulator.then(Run("echo goes on"), Say("Fine."))
    assert all_of(ask(conversation, "Again."), CodeFinished)[0].stdout == "goes on\n"


@pytest.mark.parametrize("fault", [
    Fault(status=429, type="rate_limit_error", headers={"retry-after": "0.2"}),
    Fault(kind="error", type="overloaded_error", after_events=4),
])  # fmt: skip
def test_a_short_wait_is_waited_for_and_told(conversation: Conversation, emulator: Emulator, fault: Fault) -> None:
    """What had been written until then is taken back, and said once."""
    emulator.faults.append(Fault(**vars(fault)))
    emulator.then(Say("The answer is no longer than this."))
    emulator.then(Say("The answer is no longer than this."))
    events = ask(conversation, "Say it.")
    (retried,) = all_of(events, PlannerRetried)
    assert (retried.attempt, retried.error) == (1, "rate_limited")
    assert (ended(events).outcome, said(events)) == ("done", ["The answer is no longer than this."])


def test_an_answer_that_breaks_off_while_code_runs_is_not_asked_for_again(
    conversation: Conversation, emulator: Emulator
) -> None:
    """A command would run twice; it is recorded as broken off."""
    emulator.faults.append(Fault(kind="cut", after_events=11))
    emulator.then(Run("echo " + "1" * 60), Say("Done."))
    events = ask(conversation, "Run.")
    assert len(emulator.asked) == 1
    assert ended(events).error == "provider_unavailable"
    assert [event.error for event in all_of(events, CodeFinished)] == ["provider_unavailable"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("execution_time_exceeded", "timeout"),
        ("too_many_requests", "rate_limited"),
        ("unavailable", "provider_unavailable"),
        ("output_file_too_large", "file_too_large"),
        ("invalid_tool_input", "code_error"),
        ("never_heard_of", "provider_unavailable"),
    ],
)
def test_what_anthropic_refuses_is_told_at_the_command(
    conversation: Conversation, emulator: Emulator, code: str, kind: str
) -> None:
    """The model hears of it too, and goes on; it is no denial by the contract."""
    emulator.then(Run("echo 1", error=code), Say("It did not work."))
    events = ask(conversation, "Run.")
    (finished,) = all_of(events, CodeFinished)
    assert (finished.error, finished.exit_code) == (kind, 1)
    assert finished.message.endswith(".")
    assert (ended(events).outcome, all_of(events, ContractDenied)) == ("done", [])


def test_stop_cancels_the_request(conversation: Conversation, emulator: Emulator) -> None:
    """The request is gone, the command is recorded as stopped, and nothing runs on."""
    emulator.then(Run("sleep 60"), Say("Slept."))
    before = conversation.snapshot().last
    conversation.ask("Sleep.")
    wait_for(lambda: any(isinstance(stored.event, CodeStarted) for stored in conversation.snapshot(before).events))
    conversation.stop()
    wait_for(lambda: not conversation.busy)
    events = [stored.event for stored in conversation.snapshot(before).events]
    assert ended(events).outcome == "stopped"
    assert [event.error for event in all_of(events, CodeFinished)] == ["stopped"]
    wait_for(lambda: emulator.abandoned == 1)
    wait_for(lambda: conversation.snapshot().cost.running_since is None)
    every = [stored.event for stored in conversation.snapshot().events]
    assert [event.reason for event in all_of(every, SandboxClosed)] == ["expired"], "its id had not come yet"


def test_a_command_over_the_time_of_a_call_ends_the_question(conversation: Conversation, emulator: Emulator) -> None:
    """It can't be interrupted there: the app stops waiting and gives the container up, and says so."""
    conversation.amend(edited(CLAUDE, timeout=Timeout(call_seconds=1)))
    emulator.then(Run("sleep 60"), Say("Slept."))
    events = ask(conversation, "Sleep.")
    assert ended(events).error == "timeout"
    assert "can't be interrupted" in ended(events).message
    assert [event.error for event in all_of(events, CodeFinished)] == ["timeout"]
    assert "timeout" in {event.clause for event in all_of(events, ContractDenied)}
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none")
    wait_for(lambda: emulator.abandoned == 1)


@pytest.mark.parametrize("kind", ["hang", "stall"])
def test_an_endpoint_that_says_nothing_meets_the_limit_of_the_turn(
    conversation: Conversation, emulator: Emulator, kind: str
) -> None:
    """The turn's limit holds, and nothing is metered of what was never made."""
    conversation.amend(edited(CLAUDE, timeout=Timeout(turn_seconds=1)))
    emulator.faults.append(Fault(kind=kind))
    emulator.then(Say("Never."))
    events = ask(conversation, "Say it.")
    assert ended(events).error == "timeout"
    assert all_of(events, ContractDenied)[0].clause == "timeout"
    wait_for(lambda: conversation.snapshot().cost.running_since is None)


def test_each_question_has_a_container_of_its_own_where_the_contract_says_so(
    conversation: Conversation, emulator: Emulator
) -> None:
    """And its files are deleted with it."""
    conversation.amend(edited(CLAUDE, lifecycle=Lifecycle(mode="ephemeral")))
    for _ in range(2):
        emulator.then(Run("ls; echo 1 > kept"), Say("Done."))
        events = ask(conversation, "Look.", file("a.csv", b"a\n1\n"))
        wait_for(lambda: conversation.snapshot().sandbox.phase == "none")
        assert "kept" not in all_of(events, CodeFinished)[0].stdout
        assert emulator.files == {}
    assert all("container" not in asked for asked in emulator.asked)


def test_a_file_over_the_limit_is_not_taken(conversation: Conversation, emulator: Emulator) -> None:
    """Its size is known before it is fetched; the clause is named."""
    limited = CLAUDE.filesystem.model_copy(update={"largest_artifact_mib": 1})
    conversation.amend(edited(CLAUDE, filesystem=limited))
    emulator.then(Run("head -c 2000000 /dev/zero > $OUTPUT_DIR/big.bin; echo 1 > $OUTPUT_DIR/small.txt"), Say("Done."))
    events = ask(conversation, "Make it.")
    (finished,) = all_of(events, CodeFinished)
    assert [artifact.name for artifact in finished.artifacts] == ["small.txt"]
    assert finished.error == "file_too_large"
    assert [event.clause for event in all_of(events, ContractDenied)] == ["filesystem"]


def test_an_edit_that_moves_a_running_turn_to_claude_holds_from_the_next_question(
    deployment: Deployment, emulator: Emulator
) -> None:
    """Nothing runs there by the back door; the agent is told so."""
    conversation = deployment.create(uuid4().hex, moved(LOCAL, "local"))
    call = Call("mcp__sandbox__execute_code", {"code": "print(1)"})
    emulator.planner.then(
        Answer((SayHere("x" * 40), call), piece=1, pause_seconds=0.02), Answer((SayHere("Then not."),))
    )
    before = conversation.snapshot().last
    conversation.ask("Run.")
    wait_for(lambda: (draft := conversation.snapshot().draft) is not None and draft.text != "")
    conversation.amend(CLAUDE)
    wait_for(lambda: not conversation.busy)
    events = [stored.event for stored in conversation.snapshot(before).events]
    (finished,) = all_of(events, CodeFinished)
    assert (finished.error, "the model alone" in finished.message) == ("clause_refused", True)
    assert emulator.asked == []


def test_a_spent_budget_is_refused_before_anything_is_asked(deployment: Deployment, emulator: Emulator) -> None:
    poor = edited(CLAUDE, billing=Billing(rate_card="claude", conversation_budget_usd=0))
    events = ask(deployment.create(uuid4().hex, poor), "Run.")
    assert ended(events).error == "budget_exhausted"
    assert emulator.asked == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": Network(mode="open")}, "never has a network"),
        ({"filesystem": CLAUDE.filesystem.model_copy(update={"storage": "volume"})}, "no volumes"),
        ({"resources": LOCAL.resources}, "5120 MiB"),
        ({"languages": LOCAL.languages.model_copy(update={"allowed": ("python",)})}, "always runs Bash"),
        ({"billing": LOCAL.billing}, "choose its rate card"),
    ],
)
def test_what_claude_can_not_be_told_is_refused(deployment: Deployment, changes: dict, words: str) -> None:
    with pytest.raises(ClauseRefused, match=words):
        deployment.create(OWNER, edited(CLAUDE, **changes))


def test_without_a_key_it_is_refused_with_what_to_set(shared: Deployment, owner: str) -> None:
    """The built-in analyst can't run code at Claude."""
    events = ask(shared.create(owner, CLAUDE), "Hello?")
    assert (ended(events).error, "set ANTHROPIC_API_KEY" in ended(events).message) == ("provider_unavailable", True)
    assert "set ANTHROPIC_API_KEY" in (shared.unavailable("claude", owner) or "")


def test_another_model_is_refused_by_name(home: Path, variables: dict[str, str]) -> None:
    other = Deployment(settings(home, **variables, RINGFENCE_MODEL="llama-3"))
    try:
        events = ask(other.create(OWNER, CLAUDE), "Hello?")
        assert "llama-3 does not run code at Claude" in ended(events).message
        assert "claude-sonnet-4-6" in ended(events).message
    finally:
        other.close()


LEAVER = """
import sys
from agent_core.config import Settings
from agent_core.session import Deployment
from tests.session.conftest import OWNER, ask, file
from tests.session.test_claude_hosted import CLAUDE
deployment = Deployment(Settings.from_environment())
conversation = deployment.create(OWNER, CLAUDE)
ask(conversation, "```bash\\necho 1 > $OUTPUT_DIR/made.txt\\n```", file("a.csv", b"a\\n1\\n"))
print(conversation.id, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_app_left_is_cleared_away_at_the_next_start(
    home: Path, variables: dict[str, str], emulator: Emulator
) -> None:
    """Its files are deleted at Anthropic, and the conversation says when the sandbox was last seen."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    killed = subprocess.Popen(
        [sys.executable, "-c", LEAVER], env={**keep, **variables, "RINGFENCE_HOME": str(home), "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with killed:
        conversation_id = killed.stdout.readline().strip()
        assert sorted(kept.name for kept in emulator.files.values()) == ["a.csv", "made.txt"]
        killed.send_signal(signal.SIGKILL)
    again = Deployment(settings(home, **variables))
    try:
        wait_for(lambda: emulator.files == {})
        events = [stored.event for stored in again.get(conversation_id, OWNER).snapshot().events]
        assert [event.reason for event in events if isinstance(event, SandboxClosed)] == ["app_stopped"]
    finally:
        again.close()


def test_the_key_goes_to_the_endpoint_and_nowhere_else(
    home: Path, variables: dict[str, str], emulator: Emulator
) -> None:
    """As a bearer token; no event, file or value shown has it."""
    opened = Deployment(settings(home, **variables))
    try:
        conversation = opened.create(OWNER, CLAUDE)
        emulator.then(Run("env; cat /proc/self/environ"), Say("Hello."))
        ask(conversation, "Hello?")
        assert emulator.headers[-1]["authorization"] == f"Bearer {emulator.key}"
        assert emulator.key not in repr(conversation.snapshot())
    finally:
        opened.close()
    kept = [path for path in home.rglob("*") if path.is_file() and emulator.key.encode() in path.read_bytes()]
    assert kept == []


def test_the_budget_cuts_a_command_short(conversation: Conversation, emulator: Emulator) -> None:
    """Five minutes are the least that a container costs, and more than this budget."""
    emulator.then(Run("sleep 60"), Say("Slept."))
    before = conversation.snapshot().last
    conversation.ask("Sleep.")
    wait_for(lambda: any(isinstance(stored.event, CodeStarted) for stored in conversation.snapshot(before).events))
    conversation.amend(edited(CLAUDE, billing=Billing(rate_card="claude", conversation_budget_usd=Decimal("0.004"))))
    wait_for(lambda: not conversation.busy)
    events = [stored.event for stored in conversation.snapshot(before).events]
    assert ended(events).error == "budget_exhausted"
    assert "billing" in {event.clause for event in all_of(events, ContractDenied)}
    wait_for(lambda: conversation.snapshot().sandbox.phase == "none")
    every = [stored.event for stored in conversation.snapshot().events]
    assert [event.reason for event in all_of(every, SandboxClosed)] == ["budget"]
    wait_for(lambda: emulator.abandoned == 1)


def test_a_program_of_the_person_s_own_is_refused_with_a_sentence(
    conversation: Conversation, emulator: Emulator
) -> None:
    """At Claude nobody but the model runs code, and nothing is asked of it behind the person's back."""
    before = conversation.snapshot().last
    conversation.run_code("print(1)", "python")
    wait_for(lambda: not conversation.busy)
    events = [stored.event for stored in conversation.snapshot(before).events]
    (finished,) = all_of(events, CodeFinished)
    assert (finished.error, "the model alone runs code" in finished.message) == ("clause_refused", True)
    assert emulator.asked == []


def test_a_key_of_one_s_own_plans_and_runs_for_its_person_alone(
    home: Path, running: Emulator, emulator: Emulator
) -> None:
    """The app has no key: with theirs a person is answered, somebody else is told what is missing, and it is nowhere."""
    opened = Deployment(settings(home, ANTHROPIC_BASE_URL=running.url))
    try:
        opened.keys.arrived(OWNER)
        refused = ended(ask(opened.create("another", CLAUDE), "Add."))
        assert (refused.outcome, refused.error) == ("failed", "auth")
        opened.keys.enter(OWNER, "claude", emulator.key)
        emulator.then(Run("echo $((20 + 22))"), Say("It is 42."))
        mine = opened.create(OWNER, CLAUDE)
        events = ask(mine, "Add.")
        assert (ended(events).outcome, said(events)) == ("done", ["It is 42."])
        assert ended(ask(opened.create("another", CLAUDE), "Add.")).error == "auth"
        assert emulator.key not in repr(mine.snapshot())
        opened.keys.forget(OWNER, "claude")
        wait_for(lambda: mine.snapshot().sandbox.phase == "none")
        assert ended(ask(mine, "Add.")).error == "auth"
    finally:
        opened.close()
    kept = [path for path in home.rglob("*") if path.is_file() and emulator.key.encode() in path.read_bytes()]
    assert kept == []
