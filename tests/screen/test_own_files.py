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


def test_a_file_is_known_whatever_stands_behind_its_address() -> None:
    """In a message the next byte may be a letter; a file of another name or nobody's is not had."""
    told = "/media/" + "a1" * 16 + ".yaml"
    upload = "/_stcore/upload_file/12345678-1234-1234-1234-123456789abc/"

    async def talk(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "bytes": b"\x1a" + told.encode() + b"Bsomething"})
            await send({"type": "websocket.send", "bytes": b"\x1a" + upload.encode() + b"1"})
            await send({"type": "websocket.close"})
        else:
            await serve(scope, receive, send)

    client = TestClient(OwnFiles(talk))
    assert client.get(told).status_code == client.put(upload + "1").status_code == 404
    with client.websocket_connect("/_stcore/stream") as connection:
        connection.receive_bytes()
        connection.receive_bytes()
    assert client.get(told).text == "here"
    assert client.put(upload + "1").text == "here"
    assert client.delete(upload + "1", headers={"cookie": "_streamlit_user=somebody-else"}).status_code == 404
    assert client.put(upload.replace("123", "321") + "1").status_code == 404
    assert client.put(upload).status_code == 404
    assert client.get("/media/" + "b1" * 16 + ".yaml").status_code == 404
    assert client.get(told, headers={"cookie": "_streamlit_user=somebody-else"}).status_code == 404
    assert client.get(told, headers={"cookie": "_streamlit_xsrf=x"}).text == "here"
