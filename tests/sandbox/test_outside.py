"""What the host reads of a sandbox's files by itself: regular files, and by no way that leads elsewhere."""

import os
from pathlib import Path

import pytest

from agent_core.sandbox.local import outside


def _open_files():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture
def work(tmp_path):
    """A working folder with a file, and a folder beside it that must not be reached."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").write_text("secret")
    (tmp_path / "work/deep/er").mkdir(parents=True)
    (tmp_path / "work/deep/er/f").write_bytes(b"12345")
    folder = os.open(tmp_path / "work", os.O_RDONLY | os.O_DIRECTORY)
    before = _open_files()
    yield tmp_path / "work", folder
    assert _open_files() == before, "a descriptor was not given back"
    os.close(folder)


def test_a_file_below_folders(work):
    """It comes whole, or not at all where it is over the limit."""
    _, folder = work
    assert outside.content(outside.find(folder, "deep/er/f"), 5) == b"12345"
    assert outside.content(outside.find(folder, "deep/er/f"), 4) is None


@pytest.mark.parametrize("path", ["link", "way/secret", "deep/er/f/x", "deep", "pipe", "missing", "missing/f"])
def test_what_is_no_file_of_its_own(work, path):
    """Links, on the way too, and all that is no regular file are refused, at once."""
    place, folder = work
    (place / "link").symlink_to("../elsewhere/secret")
    (place / "way").symlink_to("../elsewhere")
    os.mkfifo(place / "pipe")
    with pytest.raises(OSError, match=r"Errno"):
        outside.find(folder, path)


def test_a_file_that_changes_meanwhile(work):
    """One that is cut gives what is left."""
    place, folder = work
    found = outside.find(folder, "deep/er/f")
    Path(place / "deep/er/f").write_bytes(b"12")
    assert outside.content(found, 5) == b"12"
