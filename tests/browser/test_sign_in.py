"""People who sign in at a real OpenID Connect provider: each sees their own, and the operator what an operator may."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import roads
from tests.browser.acting import ask, attach, drawn, settled, talk
from tests.browser.axe import usable
from tests.browser.conftest import PATIENCE, START_SECONDS, App
from tests.ports import free_port

pytestmark = pytest.mark.browser

OPERATOR = "olga@example.org"
CLAIMS = (
    {"sub": "ann", "name": "Ann", "email": "ann@example.org", "email_verified": True},
    {"sub": "olga", "name": "Olga", "email": OPERATOR, "email_verified": True},
    # The operator's address, which nobody has verified.
    {"sub": "mallory", "name": "<b>Mallory</b>", "email": OPERATOR, "email_verified": False},
)


UPLOADS = "/_stcore/upload_file/{session_id}/{file_id}"
SECRETS = """```python
import matplotlib.pyplot as plt
open('secret.txt', 'w').write('xylo' + 'phone')
print('the word is ' + 'xylo' + 'phone')
plt.plot([1, 2]); plt.show()
```"""


@dataclass(frozen=True, slots=True)
class Provider:
    """A running OpenID Connect provider."""

    url: str
    process: subprocess.Popen[bytes]

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """It knows three people."""
    port = free_port()
    users = [part for claims in CLAIMS for part in ("--user-claims", json.dumps(claims))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *users]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    until = time.monotonic() + START_SECONDS
    while not _answers(f"{url}/.well-known/openid-configuration"):
        assert running.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    found = Provider(url, running)
    yield found
    found.end()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def company(provider: Provider, tmp_path: Path) -> Iterator[App]:
    """The app, where people sign in."""
    port = free_port()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        f"""[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "{os.urandom(24).hex()}"
client_id = "ringfence"
client_secret = "{os.urandom(24).hex()}"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"
expose_tokens = []
""",
        encoding="utf-8",
    )
    app = App(
        tmp_path / "home",
        STREAMLIT_SECRETS_FILES=str(secrets),
        RINGFENCE_OPERATORS=OPERATOR.upper(),
    )
    app.start(port)
    app.url = f"http://localhost:{port}"
    yield app
    app.stop()


def _files_of(page: Page) -> list[str]:
    """The addresses of a picture and of a download that a page has."""
    picture = talk(page).locator("img").last
    expect(picture).to_have_attribute("src", re.compile("/media/"))
    with page.expect_download() as came:
        talk(page).get_by_role("button", name="secret.txt").click()
    assert came.value.path().read_text() == "xylophone"
    return [picture.evaluate("element => element.src"), came.value.url]


def _upload_of(page: Page, folder: Path) -> str:
    """The address that a page has sent a file to."""
    file = folder / "secret.csv"
    file.write_text("xylophone\n1\n", encoding="utf-8")
    with page.expect_request(lambda request: "/upload_file/" in request.url and request.method == "PUT") as sent:
        attach(page, file)
    return sent.value.url


def signed_in(browser: Browser, app: App, subject: str) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(app.url)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/oauth2/authorize**")
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"{app.url}/**")
    drawn(page)
    return context, page


def _told_why(visitor: Page, company: App) -> None:
    """Cancelled at the provider, and come back with a code that is none; on a phone nothing is cut."""
    visitor.get_by_role("button", name="Sign in").click()
    visitor.get_by_role("button", name="Deny").click()
    expect(visitor.get_by_text("it was cancelled, or refused")).to_be_visible()
    visitor.set_viewport_size({"width": 390, "height": 844})
    usable(visitor)
    visitor.goto(f"{company.url}/oauth2callback?code=none&state=none")
    expect(visitor.get_by_text("could not be confirmed")).to_be_visible()


def _ends_a_sandbox(olga: Page) -> None:
    """The operator is asked whether it shall be, and reads no word of what is done in it."""
    olga.get_by_role("link", name="Operator").click()
    document = olga.locator(".st-key-document")
    expect(document).to_contain_text("1 sandbox is open.")
    expect(document).to_contain_text("Ann")
    expect(olga.locator("body")).not_to_contain_text("xylophone")
    document.get_by_role("button", name="End").click()
    usable(olga, "[data-testid=stPopoverBody]")
    olga.get_by_role("button", name="End this sandbox").click()
    expect(document).to_contain_text("No sandbox is open.")
    document.get_by_role("tab", name="Spend").click()
    expect(document.locator("table.spend").first).to_contain_text("Ann")


def test_each_sees_their_own_and_the_operator_sees_the_sandboxes(
    browser: Browser, company: App, provider: Provider, tmp_path: Path
) -> None:
    """Nobody gets in unnamed; no road leads to another's; the operator ends a sandbox and reads no word."""
    assert roads.ROUTES.keys() == roads.routes().keys()
    assert roads.PAGES.keys() == roads.pages().keys()
    with browser.new_context() as unnamed:
        unnamed.set_default_timeout(PATIENCE)
        visitor = unnamed.new_page()
        for path in roads.pages().values():
            visitor.goto(company.url + path)
            expect(visitor.get_by_role("button", name="Sign in")).to_be_visible()
            expect(visitor.locator(".st-key-places")).to_have_count(0)
        _told_why(visitor, company)

    ann_context, ann = signed_in(browser, company, "ann")
    expect(ann.get_by_text("Signed in as Ann.")).to_be_visible()
    ask(ann, SECRETS)
    settled(ann)
    expect(talk(ann)).to_contain_text("xylophone")
    upload = _upload_of(ann, tmp_path)
    files = _files_of(ann)
    addresses = {"/media/{file_id:path}": files, UPLOADS: [upload]}
    hers = ann.url.split("?", 1)[1]

    mallory_context, mallory = signed_in(browser, company, "mallory")
    with browser.new_context() as unnamed:
        for stranger in (unnamed.request, mallory_context.request):
            assert list(roads.wrong(company.url, stranger, ann_context.request, addresses)) == []
    assert all(ann_context.request.get(address).ok for address in files)
    ann.goto(f"{company.url}/operator")
    expect(ann.get_by_text("Only an operator may see this.")).to_be_visible()
    expect(ann.get_by_role("link", name="Operator")).to_have_count(0)
    expect(mallory.get_by_text("Signed in as <b>Mallory</b>.")).to_be_visible()
    for name, path in roads.pages().items():
        mallory.goto(f"{company.url}{path}?{hers}&s={hers.partition('=')[2]}")
        drawn(mallory)
        if roads.PAGES[name]:
            expect(mallory.get_by_text(roads.PAGES[name])).to_be_visible()
        for word in ("xylophone", "the word is", "secret.txt"):
            expect(mallory.locator("body")).not_to_contain_text(word)
    assert mallory_context.request.get(f"{company.url}/auth/logout", max_redirects=0).status < 400

    olga_context, olga = signed_in(browser, company, "olga")
    _ends_a_sandbox(olga)
    ann.goto(f"{company.url}/?{hers}")
    expect(talk(ann)).to_contain_text("the operator of this app closed it")
    ann.get_by_role("button", name="Sign out").click()
    ann.get_by_role("button", name="End session").click()  # at the provider
    provider.end()
    ann.get_by_role("button", name="Sign in").click()
    expect(ann.get_by_text("can't be reached")).to_be_visible()
    for context in (ann_context, mallory_context, olga_context):
        context.close()


def test_an_app_that_others_reach_asks_for_signing_in(context: BrowserContext, tmp_path: Path) -> None:
    """On every address and with nobody signing in, it runs nothing for anybody."""
    app, page = App(tmp_path / "home"), context.new_page()
    app.start(address="0.0.0.0")
    page.goto(app.url)
    expect(page.get_by_text("nobody has to sign in")).to_be_visible()
    expect(page.locator(".st-key-composer")).to_have_count(0)
    app.stop()
