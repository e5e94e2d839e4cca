"""The app's own memory at its most while a file of 1 GB comes in by the browser, beside the smallest Streamlit app's.

Streamlit itself keeps an upload in memory, once. The sandbox's copy lies in the sandbox's own memory, which its
contract bounds, and does not count here.
"""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from agent_core.config import Settings
from agent_core.contract import Contract
from agent_core.contract.clauses import Filesystem
from agent_core.events import ContractChanged, FileUploaded
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from tests.browser.acting import attach, composer, drawn
from tests.browser.chromium import launch_options
from tests.browser.conftest import App

SIZE = 1_000_000_000
MIB = 1 << 20
SMALLEST = """import streamlit as st
if st.chat_input("Say something", key="composer", accept_file="multiple"):
    st.write("taken")
"""
PATIENCE_SECONDS = 90


def store(home: Path) -> str:
    """A conversation whose contract takes the file; its id."""
    home.mkdir()
    database = Database.open(Settings.from_environment({"RINGFENCE_HOME": str(home)}).database_url)
    one = ConversationStore(database).create("local", "x")
    contract = Contract(filesystem=Filesystem(largest_file_mib=1_024, disk_mib=2_048))
    EventStore(database).append(one, ContractChanged(version=1, contract=contract))
    database.close()
    return one


def came(home: Path, conversation: str) -> bool:
    database = Database.open(Settings.from_environment({"RINGFENCE_HOME": str(home)}).database_url)
    events = [stored.event for stored in EventStore(database).read(conversation)]
    database.close()
    return any(isinstance(event, FileUploaded) and event.upload.size == SIZE for event in events)


def upload(browser: Browser, app: App, file: Path, conversation: str) -> tuple[int, int]:
    """Bytes of memory before, and at most."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(PATIENCE_SECONDS * 1_000)
    page.goto(f"{app.url}/?c={conversation}")
    drawn(page)
    before = app.memory_bytes("VmRSS")
    attach(page, file)
    composer(page).get_by_role("button", name="Send message").click()
    if conversation:
        until = time.monotonic() + PATIENCE_SECONDS
        while not came(app.home, conversation):
            assert time.monotonic() < until, "The file never came."
            time.sleep(1)
    else:
        page.get_by_text("taken").wait_for()
    most = app.memory_bytes("VmHWM")
    page.close()
    return before, most


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder)
        file = place / "large.bin"
        with file.open("wb") as empty:
            empty.truncate(SIZE)
        smallest = place / "smallest.py"
        smallest.write_text(SMALLEST)
        home = place / "home"
        conversation = store(home)
        browser = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]
        grown = []
        for script, one in ((str(smallest), ""), ("app.py", conversation)):
            app = App(home, script)
            app.start()
            before, most = upload(browser, app, file, one)
            app.stop()
            grown.append(most - before)
            print(f"{Path(script).name}: {before / MIB:.0f} MiB before, {most / MIB:.0f} MiB at most")
        browser.close()
    theirs, ours = grown
    print(
        f"a file of {SIZE / 1e9:.0f} GB: {ours / SIZE:.2f}x its size in memory at most; "
        f"the smallest Streamlit app: {theirs / SIZE:.2f}x; {ours / theirs:.2f}x of that"
    )


if __name__ == "__main__":
    main()
