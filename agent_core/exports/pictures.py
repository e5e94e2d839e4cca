"""An image as it came out of a sandbox, made fit for the page.

`st.image` takes a string for an address or for a path of this machine, whatever the string was meant to be, and
gives bytes to any decoder that knows them. So an SVG goes to it as a data URI, where it runs nothing and loads
nothing, and the other kinds as bytes that are known to be of one of these kinds and of a bounded size.
"""

import base64
import io

from PIL import Image

KINDS = ("PNG", "JPEG", "GIF", "WEBP")
MOST_PIXELS = 40_000_000
"""Of an image that is shown: decoded, it takes four bytes a pixel."""

_DOTS, _DENSE, _DENSEST = 100, 140, 1_200
"""Dots an inch: those of one point, as matplotlib counts; and from where on to where an image is a dense one."""

_SVG = "http://www.w3.org/2000/svg"


class NotAPicture(ValueError):
    """Data that is not shown as an image. Its text says why."""


def svg(data: bytes) -> str:
    """An SVG as a data URI. Raises NotAPicture."""
    text = data.decode("utf-8", "replace")
    if "<svg" not in text:
        raise NotAPicture("This file says that it is an SVG image, but it is none.")
    if _SVG not in text:
        text = text.replace("<svg", f'<svg xmlns="{_SVG}"', 1)
    return f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}"


def pixels(data: bytes) -> bytes:
    """The bytes of an image of one of `KINDS`, with at most `MOST_PIXELS`. Raises NotAPicture."""
    if _count(data) > MOST_PIXELS:
        raise NotAPicture("This image is too large to be shown.")
    return data


def width(data: bytes) -> int:
    """How wide to show an image, in points of the screen: one made for a dense screen has more pixels than these."""
    with Image.open(io.BytesIO(data), formats=KINDS) as image:
        dots = image.info.get("dpi", (0, 0))[0]
        return round(image.width * _DOTS / dots) if _DENSE <= dots <= _DENSEST else image.width


def _count(data: bytes) -> int:
    """How many pixels an image has. One that has too many is not decoded."""
    try:
        with Image.open(io.BytesIO(data), formats=KINDS) as image:
            count = image.width * image.height
            if count <= MOST_PIXELS:
                image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return MOST_PIXELS + 1
    except Exception as error:
        raise NotAPicture("This image's data is damaged.") from error
    return count
