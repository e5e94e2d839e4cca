"""Files that are not what they seem: a clear message each, and nothing lost."""

import asyncio
import io
from pathlib import Path

import pandas as pd
import pytest

from agent_core.events import AgentSaid, Event, FileRefused, FileUploaded
from agent_core.session import Conversation, IncomingFile
from agent_core.session.workspace import pieces
from agent_core.storage.artifacts import ArtifactStore
from tests.session.conftest import ask, ended, file, run, settle

GOOD = file("good.csv", b"city,size\nOslo,7\nRome,28\n")


class Zeros(io.RawIOBase):
    """A stream of zeros, so that a large file needs no memory."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.was_read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = min(size if size >= 0 else self.left, self.left)
        self.left -= size
        self.was_read += size
        return bytes(size)


def said(events: list[Event]) -> str:
    return " ".join(event.text for event in events if isinstance(event, AgentSaid))


def uploaded(conversation: Conversation) -> dict[str, FileUploaded]:
    events = [stored.event for stored in conversation.snapshot().events]
    return {event.upload.name: event for event in events if isinstance(event, FileUploaded)}


def test_an_empty_file_is_refused_and_the_others_come_in(conversation: Conversation) -> None:
    """One bad file doesn't cost the good one beside it."""
    events = ask(conversation, "What is in the file?", file("empty.csv", b""), file("good.csv", b"city,size\nOslo,7\n"))
    (refused,) = [event for event in events if isinstance(event, FileRefused)]
    assert refused.name == "empty.csv"
    assert "empty" in refused.message
    assert list(uploaded(conversation)) == ["good.csv"]
    assert ended(events).outcome == "done"


def test_a_file_over_the_limit_is_refused_unread(conversation: Conversation) -> None:
    """300 MB against 200 MiB: the sentence names both, and not a byte is stored."""
    stream = Zeros(300_000_000)
    conversation.upload([IncomingFile("big.csv", stream, 300_000_000)])  # type: ignore[arg-type]
    (refused,) = [stored.event for stored in conversation.snapshot().events if isinstance(stored.event, FileRefused)]
    assert refused.error == "file_too_large"
    assert "200 MiB" in refused.message
    assert stream.was_read == 0


def test_a_name_that_climbs_stays_in_its_folder(conversation: Conversation) -> None:
    """`../` in a name is taken away, and the file is readable under its safe name."""
    conversation.upload([file("../../etc/passwd.csv", b"a,b\n1,2\n")])
    settle(conversation)
    (name,) = uploaded(conversation)
    assert "/" not in name
    assert ".." not in name
    assert run(conversation, f"print(open('inputs/{name}').read().splitlines()[1])").stdout == "1,2"


def test_a_wide_file_in_latin_1_with_semicolons_is_understood(conversation: Conversation) -> None:
    """200 columns, `;` between, decimal commas, umlauts in latin-1."""
    columns = [f"Größe {number}" for number in range(200)]
    rows = [";".join(f"{row},{number}" for number in range(200)) for row in range(30)]
    conversation.upload([file("wide.csv", "\n".join([";".join(columns), *rows]).encode("latin-1"))])
    settle(conversation)
    profile = uploaded(conversation)["wide.csv"].profile
    assert profile is not None
    (table,) = profile.tables
    assert ([column.name for column in table.columns], table.rows) == (columns, 30)
    assert {column.kind for column in table.columns} <= {"number", "integer"}


def test_a_corrupt_workbook_says_so_and_is_kept(conversation: Conversation) -> None:
    """The file is there, with a plain sentence on what is wrong with it, and the next file works."""
    conversation.upload([file("report.xlsx", b"PK\x03\x04 this is no workbook")])
    settle(conversation)
    profile = uploaded(conversation)["report.xlsx"].profile
    assert profile is not None
    assert profile.problem is not None
    assert "Excel" in profile.problem
    assert ended(ask(conversation, "What is in good.csv?", file("good.csv", b"a,b\n1,2\n"))).outcome == "done"


def test_an_excel_file_is_read(conversation: Conversation) -> None:
    """A real workbook with two sheets gives two tables."""
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as writer:
        pd.DataFrame({"region": ["N", "S"], "revenue": [1.5, 2.5]}).to_excel(writer, sheet_name="Sales", index=False)
        pd.DataFrame({"who": ["x"]}).to_excel(writer, sheet_name="People", index=False)
    conversation.upload([file("book.xlsx", buffer.getvalue())])
    settle(conversation)
    profile = uploaded(conversation)["book.xlsx"].profile
    assert profile is not None
    assert [(table.name, table.rows) for table in profile.tables] == [("Sales", 2), ("People", 1)]


def test_uploads_are_read_only_inside(conversation: Conversation) -> None:
    """Code can't change what the person gave."""
    conversation.upload([file("a.csv", b"a\n1\n")])
    settle(conversation)
    finished = run(conversation, "open('inputs/a.csv', 'w').write('changed')")
    assert finished.error == "code_error"
    assert run(conversation, "print(open('inputs/a.csv').read())").stdout.strip() == "a\n1"


def test_removing_a_file_takes_it_out_of_the_sandbox(conversation: Conversation) -> None:
    """A removed file can't be read any more."""
    conversation.upload([file("a.csv", b"a\n1\n")])
    settle(conversation)
    conversation.remove_file("a.csv")
    assert "FileNotFoundError" in run(conversation, "open('inputs/a.csv')").message


def test_a_file_that_is_given_again_takes_the_place_of_the_first(conversation: Conversation) -> None:
    """Same name, other content: the sandbox, the answers and the card speak of the new one, and that is said."""
    conversation.upload([file("sales.csv", b"region,revenue\nN,1\nS,2\n")])
    settle(conversation)
    assert "**3**" in said(ask(conversation, "total revenue"))
    conversation.upload([file("Sales.csv", b"region,revenue\nN,10\nS,20\n")])
    settle(conversation)
    assert list(uploaded(conversation)) == ["sales.csv"]
    assert uploaded(conversation)["sales.csv"].replaces
    assert "**30**" in said(ask(conversation, "total revenue"))
    assert run(conversation, "import os\nprint(os.listdir('inputs'))").stdout == "['sales.csv']"


@pytest.mark.parametrize("name", ["penguins", "seattle-weather"])
def test_samples_come_in_and_can_be_asked_about(conversation: Conversation, name: str) -> None:
    """A sample is a file like any other, and the suggestions for it work."""
    conversation.add_sample(name)
    settle(conversation)
    suggestions = conversation.snapshot().suggestions
    assert len(suggestions) == 3
    for question in suggestions:
        assert ended(ask(conversation, question)).outcome == "done"


def test_how_much_of_a_file_has_gone_is_told(tmp_path: Path) -> None:
    """Two and a half MiB go in three pieces, and each is counted when it was taken."""
    store = ArtifactStore(tmp_path)
    sha256, _ = store.put(iter([bytes(5 << 19)]))
    heard: list[int] = []

    async def taken() -> int:
        return sum([len(piece) async for piece in pieces(store, sha256, heard.append)])

    assert asyncio.run(taken()) == 5 << 19
    assert heard == [1 << 20, 2 << 20, 5 << 19]
