import hashlib
import io
import tracemalloc
from pathlib import Path

import pytest

from agent_core.contract import Contract, Filesystem
from agent_core.events import FileRefused, Upload
from agent_core.files.intake import MOST_FILES, refusal, take_in
from agent_core.storage.artifacts import ArtifactStore

CONTRACT = Contract(filesystem=Filesystem(largest_file_mib=1))
MIB = 1 << 20


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def kept(store: ArtifactStore) -> list[str]:
    return [path.name for path in store._folder.rglob("*") if path.is_file()]


class Endless(io.RawIOBase):
    """Announces little, and never ends."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"x" * size


def test_a_file_is_kept_by_its_hash_under_a_safe_name(store: ArtifactStore) -> None:
    content = b"a,b\n1,2\n" * 1_000
    came = take_in(
        "../Sales.csv", io.BytesIO(content), len(content), contract=CONTRACT, taken=["sales.csv"], store=store
    )
    assert came == Upload(name="Sales (2).csv", size=8_000, sha256=hashlib.sha256(content).hexdigest())
    assert store.read(came.sha256) == content


def test_a_file_of_a_name_that_is_here_takes_its_place(store: ArtifactStore) -> None:
    """Letter case aside; one of this message is never replaced, and a full conversation still takes a new version."""
    here = ["Sales.csv", *(f"{number}.csv" for number in range(MOST_FILES - 1))]
    came = take_in("sales.CSV", io.BytesIO(b"a\n"), 2, contract=CONTRACT, taken=[], store=store, here=here)
    assert isinstance(came, Upload)
    assert came.name == "Sales.csv"
    assert isinstance(
        take_in("new.csv", io.BytesIO(b"a\n"), 2, contract=CONTRACT, taken=[], store=store, here=here), FileRefused
    )


def test_a_file_at_the_limit_comes_in_and_one_byte_more_does_not(store: ArtifactStore) -> None:
    assert isinstance(take_in("a", io.BytesIO(b"x" * MIB), MIB, contract=CONTRACT, taken=[], store=store), Upload)
    refused = take_in("big.csv", io.BytesIO(b"x" * (MIB + 1)), 1, contract=CONTRACT, taken=[], store=store)
    assert isinstance(refused, FileRefused)
    assert (refused.error, refused.name) == ("file_too_large", "big.csv")
    assert len(kept(store)) == 1


def test_a_4_gib_file_is_refused_by_its_announced_size_without_reading_it(store: ArtifactStore) -> None:
    content = Endless()
    refused = take_in("big.csv", content, 4 * 1024**3, contract=CONTRACT, taken=[], store=store)
    assert isinstance(refused, FileRefused)
    assert refused.message == (
        "The file 'big.csv' has 4.0 GiB, and the contract allows 1 MiB for one file. "
        "Raise the largest file under Files in the contract, or give a smaller file."
    )
    assert content.given == 0


def test_a_stream_that_lies_about_its_size_is_read_no_further_than_the_limit(store: ArtifactStore) -> None:
    content = Endless()
    refused = take_in("liar.csv", content, 10, contract=CONTRACT, taken=[], store=store)
    assert isinstance(refused, FileRefused)
    assert "has more than 1 MiB" in refused.message
    assert content.given <= 2 * MIB
    assert kept(store) == []


@pytest.mark.parametrize("announced", [0, 5])
def test_an_empty_file_is_refused_in_a_sentence(announced: int, store: ArtifactStore) -> None:
    refused = take_in("a.csv", io.BytesIO(b""), announced, contract=CONTRACT, taken=[], store=store)
    assert isinstance(refused, FileRefused)
    assert refused.message == "The file 'a.csv' is empty, so there is nothing to read in it."


def test_there_is_an_end_to_the_number_of_files(store: ArtifactStore) -> None:
    taken = [f"{number}.csv" for number in range(MOST_FILES)]
    refused = take_in("a.csv", io.BytesIO(b"x"), 1, contract=CONTRACT, taken=taken, store=store)
    assert isinstance(refused, FileRefused)
    assert "Remove one to make room" in refused.message
    assert isinstance(take_in("a.csv", io.BytesIO(b"x"), 1, contract=CONTRACT, taken=taken[1:], store=store), Upload)


def test_a_file_can_be_refused_by_what_is_announced_alone() -> None:
    assert refusal("a.csv", 1, CONTRACT) is None
    assert refusal("a.csv", MIB, CONTRACT, MOST_FILES - 1) is None
    for size, files in ((0, 0), (MIB + 1, 0), (1, MOST_FILES)):
        assert refusal("a.csv", size, CONTRACT, files) is not None


class Zeros(io.RawIOBase):
    """A large file that is nowhere in memory."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "All of it was asked for at once."
        taken = min(size, self._left)
        self._left -= taken
        return bytes(taken)


def test_a_large_file_is_never_whole_in_memory(store: ArtifactStore) -> None:
    """It goes to the store in pieces, whatever its size."""
    size = 96 << 20
    tracemalloc.start()
    try:
        taken = take_in("a.bin", Zeros(size), size, contract=Contract(), taken=(), store=store)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(taken, Upload)
    assert taken.size == size
    assert most < 8 << 20
