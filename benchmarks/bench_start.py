"""From starting the app to a page that takes a question, beside the smallest Streamlit app there is.

Each is started afresh in turn, and read by a Chromium with an empty cache. The home is a used one, as on every start
but the first.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.acting import composer
from tests.browser.chromium import launch_options
from tests.browser.conftest import App

ROUNDS = 4
SMALLEST = "import streamlit as st\nst.title('Hello')\nst.chat_input('Say something', key='composer')\n"


def start(browser: Browser, home: Path, script: str) -> tuple[float, float]:
    """Seconds until the server answers, and until the page takes a question."""
    app = App(home, script)
    page: Page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    began = time.perf_counter()
    app.start()
    answers = time.perf_counter() - began
    try:
        page.goto(app.url)
        composer(page).locator("textarea:enabled").wait_for()
        return answers, time.perf_counter() - began
    finally:
        page.context.close()
        app.stop()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        smallest = Path(folder) / "smallest.py"
        smallest.write_text(SMALLEST)
        home = Path(folder) / "home"
        browser = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]
        try:
            start(browser, home, "app.py")
            rounds = [(start(browser, home, "app.py"), start(browser, home, str(smallest))) for _ in range(ROUNDS)]
        finally:
            browser.close()
    ours, theirs = (
        [statistics.median(times) for times in zip(*side, strict=True)] for side in zip(*rounds, strict=True)
    )
    print(f"the server answers after {ours[0]:.2f} s, the smallest app's after {theirs[0]:.2f} s")
    print(
        f"start to a page that takes a question: {ours[1]:.2f} s; the smallest Streamlit app: {theirs[1]:.2f} s; "
        f"{ours[1] / theirs[1]:.2f}x"
    )


if __name__ == "__main__":
    main()
