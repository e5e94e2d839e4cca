"""What `IPython.display` offers where IPython is not installed. The names and arguments are its own.

Nothing that runs in a browser is shown, for nothing runs there; what comes from an address is fetched in here, where
the contract says what can be reached.
"""

from __future__ import annotations

import array
import io
import os
import wave

from .notebook import Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = [
    "HTML", "JSON", "SVG", "Audio", "Code", "DisplayHandle", "DisplayObject", "FileLink", "IFrame", "Image",
    "Javascript", "Latex", "Markdown", "Math", "Pretty", "TextDisplayObject", "Video", "YouTubeVideo", "clear_output",
    "display", "display_html", "display_jpeg", "display_json", "display_latex", "display_markdown", "display_png",
    "display_pretty", "display_svg", "publish_display_data", "set_matplotlib_formats", "update_display",
]  # fmt: skip

_ADDRESS = ("http://", "https://")
_LOUDEST = 32_767
_BEGINNINGS = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff", "audio/mpeg"),
)

DisplayHandle = Handle
display: Callable[..., Any]


def connect(show: Callable[..., Any]) -> None:
    """Say how things are shown."""
    global display  # noqa: PLW0603
    display = show


class DisplayObject:
    """Data that shows itself; given as it is, or by the file or the address that has it."""

    _binary = False

    def __init__(self, data: Any = None, url: str | None = None, filename: Any = None, metadata: Any = None) -> None:
        if isinstance(data, os.PathLike):
            filename, data = data, None
        elif isinstance(data, str) and url is None and filename is None:
            if data.startswith(_ADDRESS) and not any(map(str.isspace, data)):
                url, data = data, None
            elif _is_file(data):
                filename, data = data, None
        self.data, self.url, self.filename, self.metadata = data, url, filename, metadata
        self.reload()

    def __repr__(self) -> str:
        return f"<IPython.display.{type(self).__name__} object>"

    def reload(self) -> None:
        """Read the file, or fetch what is at the address, again."""
        if self.filename is not None:
            with open(self.filename, "rb") as file:  # noqa: PTH123  pathlib takes 3 ms to import
                self._take(file.read())
        elif self.url is not None:
            from urllib.request import urlopen  # noqa: PLC0415  slow to import, and rarely needed

            with urlopen(self.url) as answer:  # noqa: S310  the contract's network clause says where this may lead
                self._take(answer.read())

    def _take(self, data: bytes) -> None:
        self.data = data if self._binary else data.decode("utf-8", "replace")


class TextDisplayObject(DisplayObject):
    """Text."""


class Pretty(TextDisplayObject):
    """Text as it is."""

    def __repr__(self) -> str:
        return str(self.data)


class HTML(TextDisplayObject):
    """A page, or a part of one."""

    def _repr_html_(self) -> Any:
        return self.data

    __html__ = _repr_html_


class Markdown(TextDisplayObject):
    """Markdown."""

    def _repr_markdown_(self) -> Any:
        return self.data


class Code(TextDisplayObject):
    """Code, in colours."""

    def __init__(self, data: Any = None, url: Any = None, filename: Any = None, language: str | None = None) -> None:
        self.language = language or "python"
        super().__init__(data, url, filename)

    def _repr_markdown_(self) -> str:
        return f"````{self.language}\n{self.data}\n````"


class Latex(TextDisplayObject):
    """A formula with the signs around it that mark it as one."""

    def _repr_latex_(self) -> Any:
        return self.data


class Math(TextDisplayObject):
    """The inside of a formula."""

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {str(self.data).strip('$')}$"


class SVG(DisplayObject):
    """A drawing."""

    def _repr_svg_(self) -> Any:
        return self.data


class JSON(DisplayObject):
    """What JSON can say; as text, or as Python has it."""

    def __init__(self, data: Any = None, url: Any = None, filename: Any = None, **_: Any) -> None:
        super().__init__(data, url, filename)

    def _repr_json_(self) -> Any:
        return self.data


class Image(DisplayObject):
    """A PNG, JPEG, GIF or WebP, shown in its own size."""

    _binary = True

    def __init__(self, data: Any = None, url: Any = None, filename: Any = None, *_: Any, **__: Any) -> None:
        super().__init__(data, url, filename)

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {_kind(self.data, "image/png"): self.data}


class Audio(DisplayObject):
    """Sound: a file's bytes, or numbers with the `rate` a second at which they follow one another."""

    _binary = True

    def __init__(
        self, data: Any = None, filename: Any = None, url: Any = None, *_: Any, rate: float | None = None, **__: Any
    ) -> None:
        super().__init__(data, url, filename)
        if self.data is not None and not isinstance(self.data, bytes):
            if rate is None:
                raise ValueError("rate must be specified when data is a numpy array or list of audio samples.")
            self.data = _wav(self.data, int(rate))

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {_kind(self.data, "audio/wav"): self.data}


class _Elsewhere:
    _what = ""

    def __init__(self, data: Any = None, *_: Any, **__: Any) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"[{self._what} is not shown here: {str(self.data)[:200]}]"


class Javascript(_Elsewhere):
    """Nothing runs in the browser."""

    _what = "A script"


class IFrame(_Elsewhere):
    """Nothing of another site is shown."""

    _what = "A page of another site"


class YouTubeVideo(IFrame):
    """Nothing of another site is shown."""


class Video(_Elsewhere):
    """A file in the working folder is offered for download."""

    _what = "A video"


class FileLink(_Elsewhere):
    """A file in the working folder is offered for download."""

    def __repr__(self) -> str:
        return str(self.data)


def clear_output(*_: Any, **__: Any) -> None:
    """What was shown stays."""


def update_display(thing: Any, **_: Any) -> None:
    """Show a thing anew."""
    display(thing)


def publish_display_data(data: dict[str, Any], *_: Any, **__: Any) -> None:
    """Show what is given in several forms."""
    display(data, raw=True)


def set_matplotlib_formats(*_: Any, **__: Any) -> None:
    """Figures are crisp already."""


def _shows(kind: str) -> Callable[..., None]:
    def show(*things: Any, raw: bool = False, **_: Any) -> None:
        display(*({kind: thing} if raw else thing for thing in things), raw=raw)

    return show


display_pretty, display_html, display_markdown = _shows("text/plain"), _shows("text/html"), _shows("text/markdown")
display_latex, display_svg, display_json = _shows("text/latex"), _shows("image/svg+xml"), _shows("application/json")
display_png, display_jpeg = _shows("image/png"), _shows("image/jpeg")


def _is_file(text: str) -> bool:
    try:
        return os.path.isfile(text)  # noqa: PTH113  pathlib takes 3 ms to import
    except ValueError:
        return False


def _kind(data: Any, otherwise: str) -> str:
    beginning = bytes(data[:12]) if isinstance(data, (bytes, bytearray)) else b""
    if beginning[8:] == b"WEBP":
        return "image/webp"
    return next((kind for begins, kind in _BEGINNINGS if beginning.startswith(begins)), otherwise)


def _wav(samples: Iterable[Any], rate: int) -> bytes:
    """Numbers, or for each channel a row of them, as loud as they can be."""
    rows = samples.tolist() if hasattr(samples, "tolist") else list(samples)
    channels = rows if rows and hasattr(rows[0], "__iter__") else [rows]
    loudest = max((abs(value) for channel in channels for value in channel), default=0) or 1
    values = [int(value / loudest * _LOUDEST) for frame in zip(*channels, strict=True) for value in frame]
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(len(channels))
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(array.array("h", values).tobytes())
    return file.getvalue()
