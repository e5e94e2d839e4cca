"""From a line that code prints in its sandbox to the frame that shows it in Chromium.

The code prints the time, at moments that don't keep step with the page's polling; the page notes when a frame with
that line has been painted. Both clocks are this machine's.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.acting import ask, drawn, settled
from tests.browser.chromium import launch_options
from tests.browser.conftest import App

LINES = 90
TARGET_MS = 250
CODE = f"""```python
import random, time
for _ in range({LINES}):
    time.sleep(random.uniform(0.1, 0.4))
    print(f"at-{{time.time() * 1000:.0f}}-", flush=True)
```"""
NOTE = """() => {
  window.seen = {};
  const look = () => {
    const text = document.querySelector('.st-key-ticking-live')?.textContent ?? '';
    for (const [, at] of text.matchAll(/at-(\\d+)-/g)) window.seen[at] ??= Date.now();
  };
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(look))).observe(
    document.body, {subtree: true, childList: true, characterData: true});
}"""


def delays(page: Page) -> list[float]:
    """Milliseconds from each line's print to its frame."""
    page.evaluate(NOTE)
    ask(page, CODE)
    settled(page, 120_000)
    seen: dict[str, int] = page.evaluate("window.seen")
    return sorted(painted - int(printed) for printed, painted in seen.items())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = App(Path(folder) / "home")
        app.start()
        browser = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(app.url)
            drawn(page)
            ask(page, "```python\nprint(1)\n```")
            settled(page)
            spent = app.cpu_seconds()
            began = time.perf_counter()
            found = delays(page)
            share = (app.cpu_seconds() - spent) / (time.perf_counter() - began)
        finally:
            browser.close()
            app.stop()
    p95 = found[int(len(found) * 0.95)]
    print(f"{len(found)} of {LINES} lines were seen while they ran; following them took {share:.0%} of a core")
    print(
        f"print to pixels: p50 {statistics.median(found):.0f} ms, p95 {p95:.0f} ms, "
        f"most {found[-1]:.0f} ms; target p95 {TARGET_MS} ms, {p95 / TARGET_MS:.2f}x"
    )


if __name__ == "__main__":
    main()
