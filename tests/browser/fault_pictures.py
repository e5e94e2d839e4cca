"""Takes a picture of the chat for each fault that each emulator can be told to make: what the person sees of it.

`python -m tests.browser.fault_pictures FOLDER`; the last line is how many were taken. `tests/session` holds that the
words are right and that nothing leaks; this is for what a person judges better.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from agent_core.background import BackgroundLoop
from agent_core.config import Settings
from agent_core.contract import Contract
from agent_core.events import ContractChanged
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from tests.browser.acting import ask, drawn, settled
from tests.browser.chromium import launch_options
from tests.browser.conftest import App
from tests.emulators import anthropic
from tests.emulators.anthropic import Run, Say
from tests.session.stands import STANDS, Stand, Trouble
from tests.session.test_claude_hosted import CLAUDE, FAULTS

BEFORE = "```python\nkept = 1\n```"
SLOW = "```python\nimport time\nprint('begun', flush=True)\ntime.sleep(1)\n```"
PATIENCE = 170_000
"""Milliseconds: as long as the app itself waits for a provider that says nothing."""


@dataclass(frozen=True)
class Scene:
    """A fault, the contract that it is met under, and what is asked before it and while it is there."""

    name: str
    contract: Contract
    begin: Callable[[Any], object]
    asked: str
    before: str = ""
    end: Callable[[Any], object] = field(default=lambda _: None)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    taken = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]
        for stand in STANDS:
            scenes = [_scene(stand, name, trouble) for name, trouble in stand.troubles.items()]
            with stand.running() as emulator:
                taken += _play(browser, emulator, _keys(stand, emulator), scenes, folder)
        with _claude() as emulator:
            variables = {"ANTHROPIC_API_KEY": emulator.key, "ANTHROPIC_BASE_URL": emulator.url}
            taken += _play(browser, emulator, variables, _claude_scenes(), folder)
        browser.close()
    print(f"{taken} pictures in {folder}")


def _scene(stand: Stand, name: str, trouble: Trouble) -> Scene:
    contract = stand.contract(trouble.call_seconds)
    return Scene(f"{stand.name} {name}", contract, trouble.begin, SLOW, "" if trouble.opening else BEFORE, trouble.end)


def _keys(stand: Stand, emulator: Any) -> dict[str, str]:
    if stand.name == "e2b":
        return {"E2B_API_KEY": emulator.key, "E2B_API_URL": emulator.url, "E2B_SANDBOX_URL": emulator.url}
    return {"DAYTONA_API_KEY": emulator.key, "DAYTONA_API_URL": emulator.url, "RINGFENCE_DAYTONA_TIER": "3"}


def _claude_scenes() -> list[Scene]:
    def begin(name: str) -> Callable[[Any], object]:
        def scripted(emulator: Any) -> None:
            emulator.script.clear()
            emulator.faults.append(anthropic.Fault(**vars(FAULTS[name][0])))
            emulator.then(Say("Let me see."), Run("echo 1"), Say("Done."))

        return scripted

    return [Scene(f"claude {name}", CLAUDE, begin(name), "How many rows are there?") for name in FAULTS]


@contextmanager
def _claude() -> Iterator[Any]:
    loop, emulator = BackgroundLoop(), anthropic.Emulator()
    loop.run(emulator.__aenter__())
    yield emulator
    loop.run(emulator.__aexit__(None, None, None))
    loop.close()


def _play(browser: Browser, emulator: Any, variables: dict[str, str], scenes: list[Scene], folder: Path) -> int:
    """Each scene in a conversation of its own; the number of pictures."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        app = App(Path(made) / "home", **variables)
        app.home.mkdir()
        conversations = _stored(app.home, scenes)
        app.start()
        for scene, conversation in zip(scenes, conversations, strict=True):
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            page.goto(f"{app.url}/?c={conversation}")
            drawn(page)
            if scene.before:
                ask(page, scene.before)
                settled(page)
            scene.begin(emulator)
            try:
                ask(page, scene.asked)
                settled(page, PATIENCE)
            finally:
                emulator.faults.clear()
                scene.end(emulator)
            page.wait_for_timeout(700)
            page.screenshot(path=folder / f"{scene.name}.png")
            page.close()
        app.stop()
    return len(scenes)


def _stored(home: Path, scenes: list[Scene]) -> list[str]:
    """A conversation under each scene's contract; their ids."""
    database = Database.open(Settings.from_environment({"RINGFENCE_HOME": str(home)}).database_url)
    conversations, events, found = ConversationStore(database), EventStore(database), []
    for scene in scenes:
        found.append(conversations.create("local", scene.name))
        events.append(found[-1], ContractChanged(version=1, contract=scene.contract))
    database.close()
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
