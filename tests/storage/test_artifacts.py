import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.storage.artifacts import ArtifactStore


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def files(store: ArtifactStore) -> list[Path]:
    return [path for path in store._folder.rglob("*") if path.is_file()]


def test_bytes_come_back_by_their_hash(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "artifacts")

    @given(st.lists(st.binary(max_size=30), max_size=4))
    def check(pieces: list[bytes]) -> None:
        whole = b"".join(pieces)
        expected = (hashlib.sha256(whole).hexdigest(), len(whole))
        assert store.put(iter(pieces)) == expected
        assert store.put(whole) == expected
        assert store.read(expected[0]) == whole
        with store.open(expected[0]) as file:
            assert file.read() == whole

    check()


def test_the_same_bytes_are_kept_once_two_folders_deep(store: ArtifactStore) -> None:
    sha256, _ = store.put(b"chart")
    store.put(b"chart")
    assert files(store) == [store._folder / sha256[:2] / sha256[2:4] / sha256]
    assert store.path(sha256) == files(store)[0]
    assert store.path(sha256).stat().st_mode & 0o077 == 0


def test_pieces_that_fail_leave_nothing(store: ArtifactStore) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.put(pieces())
    assert files(store) == []


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "/" + "a" * 63]
)
def test_only_a_sha256_is_a_name(store: ArtifactStore, name: str) -> None:
    for method in (store.path, store.open, store.read):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            method(name)


def test_what_is_not_kept_is_a_key_error(store: ArtifactStore) -> None:
    with pytest.raises(KeyError):
        store.read("a" * 64)


def test_the_sweep_spares_what_is_referenced_or_new(store: ArtifactStore) -> None:
    kept, new, old = (store.put(content)[0] for content in (b"kept", b"new", b"old"))
    crumb = store._folder / "crash.part"
    crumb.write_bytes(b"half")
    an_hour_ago = time.time() - 3_600
    for path in (store.path(kept), store.path(old), crumb):
        os.utime(path, (an_hour_ago, an_hour_ago))
    assert store.delete_unreferenced({kept}) == 2
    assert sorted(path.name for path in files(store)) == sorted([kept, new])
    assert store.delete_unreferenced({kept}, grace_seconds=0) == 1
    assert store.read(kept) == b"kept"


def test_putting_old_bytes_again_makes_them_new_to_the_sweep(store: ArtifactStore) -> None:
    sha256, _ = store.put(b"again")
    os.utime(store.path(sha256), (1, 1))
    store.put(b"again")
    assert store.delete_unreferenced(frozenset()) == 0
