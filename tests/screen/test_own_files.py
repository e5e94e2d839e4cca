"""Who gets a file by its address, without a browser."""

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from components.own_files import OwnFiles


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("here")(scope, receive, send)


def test_the_fonts_of_the_page_are_for_all_and_files_are_not() -> None:
    """Icons are letters of a font: without it, each is drawn as its name."""
    client = TestClient(OwnFiles(serve))
    assert client.get("/static/media/MaterialSymbols-Rounded.woff2").text == "here"
    assert client.get("/base/static/media/SourceSans.woff2").text == "here"
    for address in ("/media/" + "a" * 40, "/base/media/" + "a" * 40 + ".csv"):
        assert client.get(address).status_code == 404
