"""A real server that speaks S3's protocol, on loopback, for tests: moto's."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from urllib.error import URLError

from tests.ports import free_port

_START_SECONDS = 60
_names = count(1)


class ObjectStore:
    """A running server. `bucket` makes a new, empty bucket in it and returns its URL."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = {
            "AWS_ACCESS_KEY_ID": "AKIARINGFENCETESTS",
            "AWS_SECRET_ACCESS_KEY": "only-loopback-knows-this-key",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    def bucket(self) -> str:
        name = f"test-{next(_names)}"
        self.request("PUT", name)
        return f"s3://{name}/kept/here"

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        asked = urllib.request.Request(f"{self.endpoint}/{path}", body, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return bytes(answer.read())


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Start a server in a process of its own and end it afterwards."""
    server = ObjectStore(free_port())
    port = server.endpoint.rsplit(":", 1)[-1]
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port],
        env={**keep, **server.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + _START_SECONDS
        while not _answers(server):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield server
    finally:
        process.kill()
        process.wait()


def _answers(server: ObjectStore) -> bool:
    with suppress(URLError, ConnectionError):
        return bool(server.request("GET", "moto-api/"))
    return False
