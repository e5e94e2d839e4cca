"""Artifacts in an object store by URL, such as `s3://bucket/prefix`, with a folder here as a cache before it."""

import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from agent_core.errors import StoreUnavailable
from agent_core.storage.artifacts import GRACE_SECONDS, ArtifactStore, key, write

_log = structlog.get_logger(__name__)

SCHEMES = ("s3", "gs", "az")

CACHE_BYTES = 2 << 30
"""How much of the bucket lies on this machine's own disk."""

_MARK = "ringfence"
"""An object that every process writes at its start, to see that it may."""
_CHUNK = 1 << 20
_AFTER_EVICTION = 0.75


def open_artifacts(url: str, home: Path) -> ArtifactStore:
    """The store that a URL names: a folder by its path, or a bucket, whose cache lies in `home`.

    A bucket's keys and endpoint are read from the environment, by the names that its maker's own tools use.
    Raises StoreUnavailable for an URL that makes no sense.
    """
    parts = urlsplit(url)
    if parts.scheme in {"", "file"}:
        return ArtifactStore(Path(parts.path))
    return BucketStore(url, home / "cache")


class BucketStore(ArtifactStore):
    """A bucket of objects named by content; what was read or written lately lies in a folder of this machine too.

    The folder may be shared by processes, and lost or emptied at any time: only the bucket counts.
    """

    def __init__(self, url: str, cache: Path, cache_bytes: int = CACHE_BYTES) -> None:
        super().__init__(cache)
        self._bucket = _connect(url)
        self._place = f"{urlsplit(url).scheme}://{urlsplit(url).hostname}"
        self._cache_bytes = cache_bytes
        self._room = 0

    def open(self, sha256: str) -> BinaryIO:
        """As `ArtifactStore.open`; what isn't here is fetched first, and checked against its name."""
        try:
            file = super().open(sha256)
        except KeyError:
            return self._fetch(sha256)
        os.utime(file.fileno())  # what was used last is evicted last
        return file

    def delete(self, sha256: str) -> None:
        """As `ArtifactStore.delete`, in the bucket and here. Another machine's folder forgets it when room is short."""
        with self._asked(), suppress(FileNotFoundError):
            obstore.delete(self._bucket, key(sha256))
        super().delete(sha256)

    def delete_unreferenced(self, keep: AbstractSet[str], grace_seconds: float = GRACE_SECONDS) -> int:
        """As `ArtifactStore.delete_unreferenced`, in the bucket; the folder forgets what goes."""
        newest = datetime.now(UTC) - timedelta(seconds=grace_seconds)
        deleted = 0
        with self._asked():
            for name in [one["path"] for batch in obstore.list(self._bucket) for one in batch]:
                if name == _MARK or name.rsplit("/", 1)[-1] in keep:
                    continue
                with suppress(FileNotFoundError):  # another process was quicker
                    # Looked at only now: the same bytes may have been put again since.
                    if obstore.head(self._bucket, name)["last_modified"] <= newest:
                        obstore.delete(self._bucket, name)
                        (self._folder / name).unlink(missing_ok=True)
                        deleted += 1
        return deleted

    def check(self) -> None:
        """See that the bucket takes an object. Raises StoreUnavailable with what to do."""
        super().check()
        with self._asked():
            obstore.put(self._bucket, _MARK, b"ringfence")

    def _keep(self, part: Path, sha256: str) -> None:
        with self._asked(), part.open("rb") as file:
            obstore.put(self._bucket, key(sha256), file)
        self._cache(part, sha256)

    def _fetch(self, sha256: str) -> BinaryIO:
        with self._unfinished() as part:
            self._download(sha256, part)
            # Opened before it may be evicted again.
            file = part.open("rb")
            try:
                self._cache(part, sha256)
            except BaseException:
                file.close()
                raise
            return file

    def _download(self, sha256: str, part: Path) -> None:
        with self._asked():
            try:
                found = obstore.get(self._bucket, key(sha256))
            except FileNotFoundError:
                raise KeyError(sha256) from None
            came, _ = write(map(bytes, found.stream(min_chunk_size=_CHUNK)), part)
        if came != sha256:
            _log.error("artifact_changed", sha256=sha256)
            raise StoreUnavailable("A file in the store for files and charts isn't the one that was put there.")

    def _cache(self, part: Path, sha256: str) -> None:
        self._room -= part.stat().st_size
        if self._room < 0:
            self._evict()
        super()._keep(part, sha256)

    def _evict(self) -> None:
        """Delete what was not used for longest, until there is some room again."""
        found = [(path.stat(), path) for path in self._folder.glob("??/??/*")]
        total = sum(stat.st_size for stat, _ in found)
        for stat, path in sorted(found, key=lambda one: one[0].st_mtime):
            if total <= self._cache_bytes * _AFTER_EVICTION:
                break
            path.unlink(missing_ok=True)
            total -= stat.st_size
        self._room = max(0, self._cache_bytes - total)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, FileNotFoundError) as error:  # the second where there is no such bucket
            _log.warning("bucket_unavailable", place=self._place, reason=_first_line(error))
            raise StoreUnavailable(
                f"The store for files and charts, {self._place}, doesn't take or give anything now. Whoever runs "
                "Ringfence has to look at RINGFENCE_ARTIFACTS, its keys and its network; try again then."
            ) from error


def _connect(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise StoreUnavailable(
            "RINGFENCE_ARTIFACTS makes no sense: give a folder, or a bucket such as s3://bucket/prefix; "
            f"{', '.join(SCHEMES)} are understood."
        )
    if parts.username or parts.password or parts.query:
        raise StoreUnavailable(
            "RINGFENCE_ARTIFACTS holds more than a bucket and a prefix. Keys and endpoints are set by the variables "
            "of the store's own tools, such as AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL."
        )
    try:
        return from_url(
            url,
            # Without TLS only where the endpoint that was set says so: all usual ones have it.
            client_options={"allow_http": True, "connect_timeout": "5s", "read_timeout": "30s", "timeout": "600s"},
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=20)},
        )
    except (BaseError, ValueError) as error:
        raise StoreUnavailable(f"RINGFENCE_ARTIFACTS can't be used: {_first_line(error)}.") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
