"""The web server itself: its headers in the browser, its health, and its end."""

import http.client
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.acting import ask, drawn, settled, talk
from tests.browser.conftest import App

pytestmark = pytest.mark.browser

CHART = """```python
import numpy as np, plotly.graph_objects as go
points = np.arange(50)
go.Figure([go.Scatter(x=points, y=points**2), go.Scattergl(x=points, y=points)])
```"""
PICTURE = """```python
import math, struct, wave
import matplotlib.pyplot as plt
plt.plot([1, 2, 3]); plt.show()
with wave.open("tone.wav", "wb") as tone:
    tone.setparams((1, 2, 8_000, 0, "NONE", "none"))
    tone.writeframes(b"".join(struct.pack("<h", int(9_000 * math.sin(n / 3))) for n in range(16_000)))
```"""
AS_A_PAGE = {"Accept": "text/html,*/*"}
LOADED = "performance.getEntriesByType('resource').map(({name}) => name).filter((name) => name.endsWith('.js'))"
LENGTH = """sound => new Promise((done) => {
  const say = () => done(sound.error ? sound.error.message : sound.duration);
  if (sound.readyState || sound.error) say();
  sound.onloadedmetadata = sound.onerror = say;
})"""
"""How many seconds of sound have come, or why none did."""


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser refused because of the policy."""
    heard: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            heard.append(message.text)

    page.on("console", listen)
    return heard


@pytest.fixture
def missing(page: Page) -> Iterator[list[str]]:
    """What the page asked for and did not get."""
    heard: list[str] = []
    page.on("response", lambda answer: heard.append(answer.url) if answer.status >= 400 else None)
    return heard


def headers(url: str) -> dict[str, str]:
    try:
        answer = urllib.request.urlopen(url, timeout=10)
    except HTTPError as refused:
        answer = refused
    with answer:
        return {name.lower(): value for name, value in answer.headers.items()}


def test_no_answer_waits_for_an_acknowledgement(shared: App) -> None:
    """On a connection that is kept, an answer of several pieces comes at once, and not 40 ms later."""
    connection = http.client.HTTPConnection(shared.url.removeprefix("http://"), timeout=30)
    taken = []
    for _ in range(40):
        began = time.perf_counter()
        connection.request("GET", "/favicon.png")
        assert connection.getresponse().read()
        taken.append(time.perf_counter() - began)
    connection.close()
    assert min(taken[1:]) < 0.03


def test_every_answer_says_what_may_run(shared: App) -> None:
    """Pages, files, uploads, health and what doesn't exist; a file may not even run a script of its own."""
    for path in ("/", "/contract", "/healthz", "/readyz", "/_stcore/health", "/media/none.html", "/no/such/page.js"):
        found = headers(shared.url + path)
        assert found["x-content-type-options"] == "nosniff", path
        assert found["x-frame-options"] == "DENY", path
        policy = found["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe-eval" not in policy, path
        assert "'unsafe-inline'" not in policy.split("script-src")[-1].split(";")[0], path
    assert "sandbox" in headers(shared.url + "/media/none.html")["content-security-policy"]


def test_a_browser_is_never_told_to_keep_an_older_page(shared: App) -> None:
    """Streamlit's own sign of the page would outlive what we add to it."""
    plain = headers(shared.url)["etag"]
    asked = urllib.request.Request(shared.url, headers=AS_A_PAGE | {"If-None-Match": plain})
    with urllib.request.urlopen(asked, timeout=10) as page:
        assert (page.status, page.headers["etag"]) == (200, None)
        assert b"ringfence.js" in page.read()


def test_charts_and_pictures_need_nothing_that_the_policy_forbids(
    shared: App, page: Page, complaints: list[str], missing: list[str]
) -> None:
    """A chart with WebGL and a picture are drawn, a sound comes, an injected script isn't run: of that alone it complains.

    Every file that the page needs is there, its fonts too, and an icon is drawn as one. No script that it began with
    was not announced with it.
    """
    page.reload()
    drawn(page)
    announced = set(re.findall(r'"\./([\w./-]+\.js)"', page.request.get(page.url, headers=AS_A_PAGE).text()))
    assert len(announced) > 50
    assert {url.partition(f"{shared.url}/")[2] for url in page.evaluate(LOADED)} <= announced
    ask(page, CHART)
    settled(page)
    expect(talk(page).locator(".js-plotly-plot .main-svg").first).to_be_visible()
    ask(page, PICTURE)
    settled(page)
    expect(talk(page).get_by_role("img").last).to_be_visible()
    assert talk(page).locator("audio").evaluate(LENGTH) == pytest.approx(2)
    assert complaints == []
    assert missing == []
    assert page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts].some((font) => "
        "font.family.includes('Material Symbols') && font.status === 'loaded'))"
    )
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
    }""")
    assert page.evaluate("window.ran") is None
    assert complaints


def test_a_stopped_app_leaves_no_sandbox(own_page: Page, app: App) -> None:
    """Health while it runs; after the signal to end, no process of a sandbox is left."""
    assert headers(app.url + "/readyz")["content-type"] == "application/json"
    ask(own_page, "```python\nimport subprocess\nprint(subprocess.Popen(['sleep', '321.123']).pid > 0)\n```")
    settled(own_page)
    assert sleepers()
    app.stop(signal.SIGTERM)
    assert not sleepers()


def sleepers() -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line.startswith("sleep 321.123")]
