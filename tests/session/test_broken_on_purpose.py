"""Each clause, how it was broken on purpose, and what stopped it. `python -m tests.session.test_broken_on_purpose`
prints the table; a row without code is shown by the test that it names."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent_core.contract import Contract, Filesystem, Languages, Lifecycle, Resources, Timeout
from agent_core.events import CodeFinished, ContractDenied, TurnEnded
from agent_core.session import Conversation, Deployment
from tests.session.conftest import ask, file

ROOT = Path(__file__).parents[2]

TIGHT = Contract(
    timeout=Timeout(call_seconds=4, turn_seconds=60),
    resources=Resources(memory_mib=512, processes=32),
    filesystem=Filesystem(disk_mib=128, largest_file_mib=64, largest_artifact_mib=2),
    languages=Languages(allowed=("python",)),
)


@dataclass(frozen=True)
class Attempt:
    """One row of the table."""

    clause: str
    how: str
    stopped_by: str
    code: tuple[str, ...] = ()
    """One question after the other; the last is the attempt."""
    error: str | None = None
    """The kind of the last call's failure; None where code itself finds that it can't."""
    says: str = ""
    """In what the call printed or in its message."""
    contract: Contract = TIGHT
    language: str = "python"
    shown_by: str = ""
    """The test that makes the attempt, where this table doesn't."""


def tight(**clauses: object) -> Contract:
    return TIGHT.model_copy(update=clauses)


CAN_NOT = """
def attempt(path):
    try:
        open(path, 'a').close()
    except OSError:
        return True
    return False
"""

HOSTILE = "tests/session/test_hostile.py::test_each_limit_has_its_own_error_and_clause"

TABLE = (
    Attempt("time-out", "a loop without end", "interrupted at the limit", shown_by=HOSTILE),
    Attempt("time-out", "one long call into C", "interrupted, else killed", shown_by=HOSTILE),
    Attempt(
        "time-out",
        "a loop that swallows every interrupt",
        "interrupted until it ends, else killed",
        code=("while True:\n    try:\n        while True: pass\n    except BaseException: pass",),
        error="timeout",
    ),
    Attempt(
        "time-out",
        "signals blocked, then a loop",
        "killed from outside its namespace",
        code=("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",),
        error="timeout",
    ),
    Attempt(
        "time-out",
        "calls that are short, in a turn that is long",
        "the turn's own clock",
        code=("import time; time.sleep(30)",),
        error="stopped",
        contract=tight(timeout=Timeout(call_seconds=60, turn_seconds=10)),
    ),
    Attempt("resources", "one allocation of 4 GiB", "RLIMIT_DATA", shown_by=HOSTILE),
    Attempt(
        "resources",
        "memory spread over several processes",
        "the control group, or the watch over the whole sandbox",
        code=(
            (
                "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
                "        b = bytearray(200 << 20)\n        time.sleep(60)\ntime.sleep(60)"
            ),
        ),
        error="out_of_memory",
        contract=tight(timeout=Timeout(call_seconds=20, turn_seconds=60)),
    ),
    Attempt("resources", "a fork bomb", "RLIMIT_NPROC", shown_by="tests/session/test_hostile.py::test_a_fork_bomb"),
    Attempt(
        "resources",
        "200 processes that sleep",
        "RLIMIT_NPROC and the control group",
        code=(
            (
                "import subprocess\nstarted = 0\ntry:\n    for _ in range(200):\n"
                "        subprocess.Popen(['sleep', '60']); started += 1\nexcept OSError: pass\n"
                "print('stopped', 10 < started < 33)"
            ),
        ),
        says="stopped True",
    ),
    Attempt(
        "resources",
        "raising its own limits",
        "hard limits, which only fall",
        code=(
            (
                "import resource\nfor kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_DATA, resource.RLIMIT_NPROC):\n"
                "    try:\n        resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2)\n"
                "    except (ValueError, PermissionError, OSError): print('refused')"
            ),
        ),
        says="refused\nrefused\nrefused",
    ),
    Attempt(
        "resources",
        "four processes that compute, with half a processor",
        "the kernel's quota, or one processor where there is no quota",
        code=(
            (
                "import os, time\nbegan = time.monotonic()\n"
                "for _ in range(4):\n    if os.fork() == 0:\n"
                "        while time.monotonic() - began < 2: pass\n        os._exit(0)\n"
                "for _ in range(4): os.wait()\n"
                "used = os.times().children_user + os.times().children_system\n"
                "share = used / (time.monotonic() - began)\nprint('within', share < 1.15, share)"
            ),
        ),
        says="within True",
        contract=tight(
            resources=Resources(vcpus=0.5, memory_mib=512, processes=32),
            timeout=Timeout(call_seconds=30, turn_seconds=60),
        ),
    ),
    Attempt(
        "resources",
        "output without end",
        "the host stops reading and the call",
        code=("while True: print('x' * 100_000)",),
        error="output_limit",
        contract=tight(timeout=Timeout(call_seconds=50, turn_seconds=60)),
    ),
    Attempt("filesystem", "a file of 4 GiB", "RLIMIT_FSIZE", shown_by=HOSTILE),
    Attempt("filesystem", "many files", "the size of the file system", shown_by=HOSTILE),
    Attempt(
        "filesystem",
        "an artifact that is larger than the largest",
        "measured before it is taken out",
        code=("open('big.bin', 'wb').write(bytes(3 << 20))\nNone",),
        error="file_too_large",
    ),
    Attempt(
        "filesystem",
        "changing, replacing and deleting an upload",
        "a read-only mount",
        code=(
            CAN_NOT + "import os\n"
            "for change in (lambda: open('inputs/a.csv', 'a'), lambda: os.remove('inputs/a.csv'),\n"
            "               lambda: os.rename('inputs', 'x'), lambda: os.chmod('inputs/a.csv', 0o777),\n"
            "               lambda: open('inputs/new', 'w')):\n"
            "    try: change()\n    except OSError: print('refused')",
        ),
        says="refused\nrefused\nrefused\nrefused\nrefused",
    ),
    Attempt(
        "filesystem",
        "writing outside the working folder",
        "a mount namespace, read-only but for that folder",
        code=(CAN_NOT + "print([attempt(p) for p in ('/x', '/etc/x', '/usr/x', '/opt/x', '/dev/x', '/proc/x')])",),
        says="[True, True, True, True, True, True]",
    ),
    Attempt(
        "filesystem",
        "a link out of the folder, offered as an artifact",
        "links are not followed",
        code=("import os\nos.symlink('/etc/passwd', 'out.txt')\nprint('made')",),
        says="made",
    ),
    Attempt("network", "a name, and an address", "an empty network namespace", shown_by=HOSTILE),
    Attempt(
        "network",
        "the metadata address of a cloud",
        "an empty network namespace",
        code=("import socket\nsocket.create_connection(('169.254.169.254', 80), 2)",),
        error="network_denied",
    ),
    Attempt(
        "network",
        "a datagram to a name server",
        "an empty network namespace",
        code=("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))",),
        error="network_denied",
    ),
    Attempt(
        "network",
        "an interface of its own making",
        "no capability and the seccomp filter",
        code=(
            (
                "import socket\nfor family, kind in ((16, 3), (17, 3)):\n    try: socket.socket(family, kind)\n"
                "    except OSError: print('refused')"
            ),
        ),
        says="refused\nrefused",
    ),
    Attempt(
        "languages",
        "a language that the contract leaves out",
        "refused before a sandbox is asked",
        code=("echo must not run",),
        language="bash",
        error="clause_refused",
        says="doesn't allow 'bash'",
    ),
    Attempt(
        "lifecycle",
        "a variable kept over a turn that was to be ephemeral",
        "the sandbox ends with the turn",
        code=("kept = 1", "print('kept' in globals())"),
        says="False",
        contract=tight(lifecycle=Lifecycle(mode="ephemeral")),
    ),
    Attempt(
        "lifecycle",
        "killing every process that it can see",
        "a namespace of its own: only itself; the next call has a new one",
        code=("import os\ntry: os.kill(-1, 9)\nexcept OSError: os.kill(os.getpid(), 9)",),
        error="sandbox_crashed",
    ),
    Attempt(
        "lifecycle",
        "resting for longer than allowed",
        "closed by the tick",
        shown_by="tests/session/test_live.py::test_an_idle_sandbox_is_closed",
    ),
    Attempt(
        "concurrency",
        "50 requests of three processes against five places, one process killed",
        "leases in the database",
        shown_by="tests/session/test_concurrency.py::test_50_requests",
    ),
    Attempt(
        "billing",
        "the budget lowered below what was spent, in the middle of a call",
        "the call is cut and the sandbox closed",
        shown_by="tests/billing/test_spending.py::test_a_budget_lowered_in_the_middle_of_a_call",
    ),
    Attempt(
        "billing",
        "the day's budget spent in another conversation",
        "refused before a sandbox opens",
        shown_by="tests/billing/test_spending.py::test_the_budget_of_a_day",
    ),
    Attempt(
        "every clause",
        "a wider contract by edit, preset, import, undo or from the store",
        "the operator's ceiling",
        shown_by="tests/session/test_ceiling.py::test_every_road",
    ),
    Attempt(
        "every clause",
        "500 edits at random",
        "each is checked, recorded and applied before the next call",
        shown_by="tests/session/test_edits.py::test_500_random_edits",
    ),
)

MADE_HERE = [attempt for attempt in TABLE if attempt.code]
CLAUSE_OF_ERROR = {
    "timeout": "timeout",
    "out_of_memory": "resources",
    "output_limit": "resources",
    "file_too_large": "filesystem",
    "network_denied": "network",
    "clause_refused": "languages",
    "stopped": "timeout",
}


@contextmanager
def opened(deployment: Deployment, owner: str, contract: Contract) -> Iterator[Conversation]:
    conversation = deployment.create(owner, contract)
    yield conversation
    conversation.restart_sandbox()


@pytest.mark.parametrize("attempt", MADE_HERE, ids=lambda attempt: f"{attempt.clause}-{attempt.how}".replace(" ", "-"))
def test_the_attempt_is_stopped_named_and_survived(shared: Deployment, owner: str, attempt: Attempt) -> None:
    """It ends as the table says, the denial names its clause, and the next question works."""
    with opened(shared, owner, attempt.contract) as conversation:
        uploads = [file("a.csv", b"x\n1\n")] if "inputs/" in attempt.code[-1] else []
        for earlier in attempt.code[:-1]:
            ask(conversation, f"```python\n{earlier}\n```")
        events = ask(conversation, f"```{attempt.language}\n{attempt.code[-1]}\n```", *uploads)
        finished = next(event for event in events if isinstance(event, CodeFinished))
        assert finished.error == attempt.error, finished
        assert attempt.says in f"{finished.stdout}\n{finished.message}"
        assert [artifact.name for artifact in finished.artifacts] == []
        denied = [event.clause for event in events if isinstance(event, ContractDenied)]
        assert denied == ([CLAUSE_OF_ERROR[attempt.error]] if attempt.error in CLAUSE_OF_ERROR else [])
        if attempt.error == "stopped":
            assert next(event for event in events if isinstance(event, TurnEnded)).error == "timeout"
        after = list(ask(conversation, "```python\nprint('still here')\n```"))
        assert next(event.stdout for event in after if isinstance(event, CodeFinished)) == "still here"


@pytest.mark.parametrize("named", sorted({attempt.shown_by for attempt in TABLE if attempt.shown_by}))
def test_a_row_that_is_shown_elsewhere_is_shown_there(named: str) -> None:
    path, _, name = named.partition("::")
    functions = [
        node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)
    ]
    assert any(function.startswith(name) for function in functions)


def test_every_clause_of_the_contract_is_in_the_table() -> None:
    clauses = {attempt.clause.replace("time-out", "timeout") for attempt in TABLE} - {"every clause"}
    assert clauses == set(Contract.model_fields) - {"name", "provider"}


if __name__ == "__main__":
    print("| clause | how it was broken | what stopped it |\n| --- | --- | --- |")
    for row in TABLE:
        print(f"| {row.clause} | {row.how} | {row.stopped_by} |")
