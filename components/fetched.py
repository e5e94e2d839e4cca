"""Keeps what was made for a download until the browser has come for it.

Streamlit makes such a file when its button is pressed and counts nobody as its user. It drops it once two runs of any
page have ended since, anybody's: that is a fraction of a second where several people work, and less than a slow
connection needs to ask for the file.
"""

import time

from streamlit.runtime import media_file_manager
from streamlit.runtime.media_file_manager import MediaFileMetadata

_SECONDS = 60.0


class _Awaited(MediaFileMetadata):
    _dropped_at: float | None = None

    @property
    def is_marked_for_delete(self) -> bool:
        """Whether its time is over."""
        return self._dropped_at is not None and time.monotonic() - self._dropped_at > _SECONDS

    def mark_for_delete(self) -> None:
        """Begin its time, unless that has begun."""
        if self._dropped_at is None:
            self._dropped_at = time.monotonic()


def keep() -> None:
    """Hold for every file that is made from now on."""
    media_file_manager.MediaFileMetadata = _Awaited  # type: ignore[misc]
