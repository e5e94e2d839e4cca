"""Sound files, known by how they begin and not by what they are called."""

_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (4, b"ftypM4A", "audio/mp4"),
)
_FRAME_SYNC = 0xE0


def sniffed(data: bytes) -> str | None:
    """The media type of a sound file; None for what is none that a browser plays."""
    for place, begins, kind in _BEGINNINGS:
        if data[place : place + len(begins)] == begins and (kind != "audio/wav" or data.startswith(b"RIFF")):
            return kind
    # An MPEG frame: eleven set bits, the third layer, a bit rate and a sample rate that exist.
    if len(data) > 3 and data[0] == 0xFF and data[1] & _FRAME_SYNC == _FRAME_SYNC and data[1] & 0x06 == 0x02:  # noqa: PLR2004
        return "audio/mpeg" if data[2] >> 4 != 0xF and data[2] & 0x0C != 0x0C else None  # noqa: PLR2004
    return None
