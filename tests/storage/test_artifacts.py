import hashlib
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_core.errors import StoreUnavailable
from agent_core.storage.artifacts import ArtifactStore, key
from agent_core.storage.bucket import BucketStore, open_artifacts
from tests.bucket import ObjectStore
from tests.ports import free_port

AT_ONCE = -5
"""Seconds of grace under which all that was put until now is old."""


def in_environment(patch: pytest.MonkeyPatch, server: ObjectStore, **changed: str) -> None:
    for name, value in {**server.environment, **changed}.items():
        patch.setenv(name, value)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArtifactStore:
    """An empty store of each kind: every promise is made by both."""
    if request.param == "folder":
        return open_artifacts(str(tmp_path / "artifacts"), tmp_path)
    return _bucket(request, tmp_path, monkeypatch)


@pytest.fixture
def bucket(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BucketStore:
    return _bucket(request, tmp_path, monkeypatch)


def _bucket(request: pytest.FixtureRequest, tmp_path: Path, patch: pytest.MonkeyPatch) -> BucketStore:
    server: ObjectStore = request.getfixturevalue("object_server")
    in_environment(patch, server)
    opened = open_artifacts(server.bucket(), tmp_path)
    assert isinstance(opened, BucketStore)
    return opened


def files(store: ArtifactStore) -> list[Path]:
    return [path for path in store._folder.rglob("*") if path.is_file()]


def test_bytes_come_back_by_their_hash(store: ArtifactStore) -> None:
    @settings(max_examples=30, deadline=None)
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


def test_a_store_that_works_says_so(store: ArtifactStore) -> None:
    store.check()
    assert files(store) == []


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
    assert store.delete_unreferenced(frozenset(), AT_ONCE) == 0


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
    assert files(store) == []


def test_what_is_deleted_is_gone_and_may_be_gone_already(store: ArtifactStore) -> None:
    kept, gone = (store.put(content)[0] for content in (b"kept", b"gone"))
    for _ in range(2):
        store.delete(gone)
    assert store.read(kept) == b"kept"
    with pytest.raises(KeyError):
        store.read(gone)


def test_the_sweep_spares_what_is_referenced_or_new(store: ArtifactStore) -> None:
    kept, old = (store.put(content)[0] for content in (b"kept", b"old"))
    assert store.delete_unreferenced({kept}) == 0
    assert store.delete_unreferenced({kept}, AT_ONCE) == 1
    assert store.read(kept) == b"kept"
    with pytest.raises(KeyError):
        store.read(old)


def test_what_is_open_can_be_read_also_after_the_sweep(store: ArtifactStore) -> None:
    sha256, _ = store.put(b"x" * 3_000_000)
    with store.open(sha256) as file:
        assert store.delete_unreferenced(frozenset(), AT_ONCE) == 1
        assert len(file.read()) == 3_000_000


@contextmanager
def no_room() -> Iterator[None]:
    """No file may grow, as on a full disk: for root too, and without a disk of its own."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_said_in_plain_words_and_keeps_nothing(
    store: ArtifactStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is logged meanwhile is captured in memory: a file couldn't take it."""
    with no_room():
        with pytest.raises(StoreUnavailable, match="folder for files and charts"):
            store.put(b"chart")
        with pytest.raises(StoreUnavailable, match="make room"):
            store.check()
    assert files(store) == []
    assert store.put(b"chart")[1] == 5


def test_the_sweep_of_a_folder_takes_crumbs_and_spares_what_was_put_again(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "artifacts")
    again, _ = store.put(b"again")
    crumb = store._folder / "crash.part"
    crumb.write_bytes(b"half")
    an_hour_ago = time.time() - 3_600
    for path in (store.path(again), crumb):
        os.utime(path, (an_hour_ago, an_hour_ago))
    store.put(b"again")
    assert store.delete_unreferenced(frozenset()) == 1
    assert files(store) == [store.path(again)]


def test_another_machine_reads_what_this_one_put(bucket: BucketStore, tmp_path: Path) -> None:
    """In one part and in several; the second read needs no bucket."""
    large = os.urandom(11_000_000)
    names = [bucket.put(content)[0] for content in (b"small", large)]
    other = BucketStore(f"{bucket._place}/kept/here", tmp_path / "another")
    assert [other.read(name) for name in names] == [b"small", large]
    assert sorted(path.name for path in files(other)) == sorted(names)
    bucket.delete_unreferenced(frozenset(), AT_ONCE)
    assert other.read(names[1]) == large
    with pytest.raises(KeyError):
        bucket.read(names[0])


def test_a_changed_object_is_not_handed_out(bucket: BucketStore, tmp_path: Path) -> None:
    sha256, _ = bucket.put(b"true")
    obstore.put(bucket._bucket, key(sha256), b"false")
    other = BucketStore(f"{bucket._place}/kept/here", tmp_path / "another")
    with pytest.raises(StoreUnavailable, match="isn't the one that was put there"):
        other.read(sha256)
    assert files(other) == []


def test_the_cache_keeps_what_was_used_last_within_its_bound(bucket: BucketStore, tmp_path: Path) -> None:
    small = BucketStore(f"{bucket._place}/kept/here", tmp_path / "small", cache_bytes=1_000_000)
    contents = [bytes([number]) * 100_000 for number in range(30)]
    names = []
    for number, content in enumerate(contents):
        names.append(small.put(content)[0])
        os.utime(small.path(names[-1]), (number, number))
        small.read(names[0])
    here = {path.name for path in files(small)}
    assert sum(path.stat().st_size for path in files(small)) <= 1_000_000
    assert {names[0], names[-1]} <= here
    assert [small.read(name) for name in names] == contents


def test_a_bucket_that_does_not_answer_is_said_in_plain_words(
    object_server: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_environment(monkeypatch, object_server)
    missing = BucketStore("s3://no-such-bucket/here", tmp_path / "cache")
    in_environment(monkeypatch, object_server, AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}")
    silent = BucketStore("s3://anything/here", tmp_path / "cache")
    for store in (missing, silent):
        for attempt in (store.check, lambda store=store: store.put(b"x")):
            with pytest.raises(StoreUnavailable, match="RINGFENCE_ARTIFACTS") as told:
                attempt()
            assert object_server.environment["AWS_SECRET_ACCESS_KEY"] not in repr(told.value)
    assert files(silent) == []


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "s3://", "s3:///x", "memory:///", "http://host/x", "s3://key:secret@bucket/x", "s3://b?k=v"]
)
def test_an_url_that_makes_no_sense_is_refused_without_repeating_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="RINGFENCE_ARTIFACTS") as told:
        open_artifacts(url, tmp_path)
    assert "secret" not in str(told.value)
