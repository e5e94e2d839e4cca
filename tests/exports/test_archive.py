"""Everything in one ZIP: each file once, under a name that no system minds, and never more than can be held."""

import io
import json
import zipfile

import pytest

from agent_core.events import Artifact, CodeFinished, CodeStarted, FileUploaded, Upload
from agent_core.exports import archive
from agent_core.exports.forms import FORMS
from agent_core.exports.story import made, tell
from tests.exports.conftest import SALES, TITLE, Told


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        assert len(set(packed.namelist())) == len(packed.namelist())
        return {name: packed.read(name) for name in packed.namelist()}


def test_everything_is_there_once(told: Told) -> None:
    files = unpacked(archive.everything_zip(told.story, told.events, told.read))
    assert {"report.html", "conversation.md", "conversation.ipynb", "conversation.py"} < files.keys()
    assert files["inputs/sales.csv"] == SALES
    assert files["files/note.txt"] == b"first"
    assert files["files/note (2).txt"] == b"second one"
    assert "'=1+1" in files["files/table (2).csv"].decode()
    assert any(name.endswith(".json") and json.loads(data)["data"] for name, data in files.items())
    assert len([name for name in files if name.startswith("files/")]) == len(made(told.events))


def test_each_form_is_made_under_a_name_of_the_title(told: Told) -> None:
    for form in FORMS:
        assert form.file_name(TITLE) == f"Total revenue by region _b_.{form.ending}"
        assert form.file_name("../../etc/.passwd").count("/") == 0
        assert form.make(TITLE, told.events, told.read)


def test_what_a_run_has_made_says_where_it_comes_from(told: Told) -> None:
    newest = made(told.events)[0]
    assert (newest.artifact.name, newest.run) == ("note.txt", 6)
    assert newest.question.startswith("```python\nopen('note.txt'")


def events(names: list[str], sizes: list[int]) -> list[CodeStarted | CodeFinished | FileUploaded]:
    made_here = tuple(
        Artifact(id=str(place), name=name, kind="file", media_type="a/b", size=size, sha256=f"{place:064x}")
        for place, (name, size) in enumerate(zip(names, sizes, strict=True))
    )
    return [
        FileUploaded(upload=Upload(name="../up.csv", size=1, sha256="f" * 64)),
        CodeStarted(turn="t", run="r", code="", language="python", contract_version=1),
        CodeFinished(turn="t", run="r", exit_code=0, seconds=1, artifacts=made_here),
    ]


def test_names_are_made_safe_and_told_apart() -> None:
    """Paths that climb, what Windows reserves, letter case, and names that are alike."""
    names = ["../../evil.sh", "evil.sh", "EVIL.sh", "con.txt", "a\x00b.txt", "", "inputs/x.csv"]
    facts = events(names, [1] * len(names))
    files = unpacked(archive.everything_zip(tell("T", facts), facts, lambda sha256: sha256.encode()))
    found = {name for name in files if name.startswith(("files/", "inputs/"))}
    assert found == {
        "inputs/up.csv",
        *(f"files/{name}" for name in ("evil.sh", "evil (2).sh", "EVIL (3).sh", "_con.txt", "ab.txt", "file", "x.csv")),
    }


def test_what_is_too_much_or_gone_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    facts = events(["large.bin", "gone.bin", "small.bin"], [101, 3, 3])[1:]

    def read(sha256: str) -> bytes:
        return {f"{0:064x}": bytes(101), f"{2:064x}": b"abc"}[sha256]

    files = unpacked(archive.everything_zip(tell("T", facts), facts, read))
    assert files["files/small.bin"] == b"abc"
    assert files["not-included.txt"].decode().splitlines() == [
        "files/large.bin: this ZIP would be too large with it; download it by itself.",
        "files/gone.bin: it is no longer stored.",
    ]
