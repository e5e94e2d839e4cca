"""The real app in the real browser: one Chromium for all, and an app that is shared, or a test's own."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.acting import drawn
from tests.browser.chromium import launch_options
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
PATIENCE = 30_000
"""Milliseconds that anything may take on a busy machine; what matters has a limit of its own."""

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine may lose a click; what fails twice more has failed. The report names each rerun."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=2))


class App:
    """A running app that can be killed and started again over the same home."""

    def __init__(self, home: Path, script: str = "app.py", **environment: str) -> None:
        self.home = home
        self.root = ROOT
        self._script = script
        self.url = ""
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, port: int | None = None, address: str = "localhost") -> None:
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        command = [sys.executable, "-m", "streamlit", "run", self._script]
        options = ["--server.port", str(port), "--server.headless", "true", "--server.address", address]
        with (self.home.parent / "app.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *options],
                cwd=self.root,
                env={**keep, "RINGFENCE_HOME": str(self.home), **self._environment},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.1)

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(sent)
            self._process.wait(30)
            self._process = None

    def cpu_seconds(self) -> float:
        """What the app's own process has used so far, without its children."""
        assert self._process is not None
        used = psutil.Process(self._process.pid).cpu_times()
        return used.user + used.system

    def memory_bytes(self, figure: str) -> int:
        """A figure of the app's own process: VmRSS for now, VmHWM for the most that it ever was."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split(f"{figure}:")[1].split()[0]) << 10

    def kill(self) -> None:
        """As a crash would."""
        self.stop(signal.SIGKILL)

    def log(self) -> str:
        return (self.home.parent / "app.log").read_text()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


# Only for this package: Playwright keeps an event loop running in the thread of the tests.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An app for all who neither end it nor count what is in it: to start one costs as much as many a test."""
    running = App(tmp_path_factory.mktemp("shared") / "home")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An app of the test's own."""
    running = App(tmp_path / "home")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, shared: App) -> Page:
    """A new conversation in the app that tests share; for who edits a contract without asking, it would be the next one's."""
    return opened(context, shared)


@pytest.fixture
def own_page(context: BrowserContext, app: App) -> Page:
    """A new conversation, and the first, in an app of the test's own."""
    return opened(context, app)


def opened(context: BrowserContext, app: App) -> Page:
    page = context.new_page()
    page.goto(app.url)
    drawn(page)
    return page
