"""What code shows as HTML stands in a frame that nothing gets out of."""

import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.acting import ask, settled, talk

pytestmark = pytest.mark.browser


class Listener:
    """Counts what is asked of it: nothing should be."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.asked = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    # A browser may connect before it sees that it must not ask.
                    self.asked += bool(connection.recv(1))
                except OSError:
                    continue

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener()
    yield opened
    opened.close()


HOSTILE = """
page = '''<html><head><meta http-equiv="refresh" content="0;url={out}/refresh"><link rel="preconnect" href="{out}">
<link rel="stylesheet" href="{out}/sheet"><style>@import url({out}/import); p {{ background: url({out}/url); color: rgb(1, 2, 3) }}
@font-face {{ font-family: f; src: url({out}/font) }} p {{ font-family: f }}</style></head>
<body onload="top.location='{out}/load'"><p>Framed text</p><img src="{out}/img" onerror="fetch('{out}/error')">
<script>fetch('{out}/script'); parent.document.title = 'owned'</script><iframe src="{out}/iframe"></iframe>
<a href="{out}/click" target="_top">Click here</a><form action="{out}/form"><button>Send</button></form></body></html>'''
open('page.html', 'w').write(page)
class Shown:
    def _repr_html_(self): return page
Shown()
"""

ESCAPES = {
    "fetch": "(out) => fetch(out).then(() => 'out', () => 'held')",
    "image": "(out) => new Promise((done) => { const i = new Image(); i.onload = () => done('out'); i.onerror = () => done('held'); i.src = out })",
    "beacon": "(out) => navigator.sendBeacon(out) ? 'queued' : 'held'",
    "socket": "(out) => new Promise((done) => { try { const s = new WebSocket(out.replace('http', 'ws')); s.onopen = () => done('out'); s.onerror = () => done('held') } catch { done('held') } })",
    "parent": "() => { try { return parent.document.title } catch { return 'held' } }",
    "top": "() => { try { return top.location.href } catch { return 'held' } }",
    "storage": "() => { try { return localStorage.length } catch { return 'held' } }",
    "cookie": "() => { try { return document.cookie || 'none' } catch { return 'held' } }",
    "script": "() => { const s = document.createElement('script'); s.textContent = 'document.body.dataset.ran = 1'; document.body.append(s); return document.body.dataset.ran ? 'out' : 'held' }",
}
"""What a script in the frame would try, if one could run there."""


def test_nothing_gets_out_of_a_frame(page: Page, listener: Listener) -> None:
    """Not what is written into the page; nor, if a script ran in it all the same, what that could try."""
    out = f"http://127.0.0.1:{listener.port}"
    address, title = page.url, page.title()
    ask(page, f"```python\n{HOSTILE.format(out=out).strip()}\n```")
    settled(page)
    shown = talk(page).locator("iframe")
    expect(shown).to_have_count(2)
    document = shown.first.content_frame
    text = document.get_by_text("Framed text")
    expect(text).to_be_visible()
    assert text.evaluate("e => getComputedStyle(e).color") == "rgb(1, 2, 3)"
    expect(document.locator("script, meta[http-equiv=refresh], link, form, a, iframe")).to_have_count(0)
    handle = shown.first.element_handle()
    inside = handle.content_frame() if handle else None
    assert inside is not None
    assert inside.evaluate("origin") == "null"
    for attempt, code in ESCAPES.items():
        assert inside.evaluate(code, f"{out}/{attempt}") in {"held", "queued", "none"}, attempt
        page.wait_for_timeout(100)
        assert listener.asked == 0, attempt
    for what in ("top.location", "location"):
        _navigate(inside, what, out)
        page.wait_for_timeout(500)
        assert listener.asked == 0, what
    assert (page.title(), page.url.split("?")[0]) == (title, address.split("?")[0])
    expect(page.get_by_text("Its scripts don't run here").first).to_be_visible()


def _navigate(inside: Frame, what: str, out: str) -> None:
    inside.evaluate(
        f"(out) => {{ try {{ {what}.assign(out) }} catch {{}} try {{ {what}.href = out }} catch {{}} }}", f"{out}/go"
    )
