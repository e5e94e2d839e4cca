"""An endpoint may repeat the key that it was given, in an error for example; it goes no further than this."""

from collections.abc import Sequence


class Masking:
    """Puts asterisks in the place of secrets in bytes that come in pieces; the length stays.

    What may be the beginning of a secret is held back until it is known; nothing else waits.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)
        self._held = b""

    def __call__(self, piece: bytes) -> bytes:
        """What can be passed on now."""
        data = self._held + piece
        for secret in self._secrets:
            data = data.replace(secret, b"*" * len(secret))
        held = max((_beginning(data, secret) for secret in self._secrets), default=0)
        self._held = data[len(data) - held :]
        return data[: len(data) - held]

    def rest(self) -> bytes:
        """What was held back and came to nothing."""
        return self._held


def _beginning(data: bytes, secret: bytes) -> int:
    """How many bytes at the end may begin a secret."""
    longest = min(len(data), len(secret) - 1)
    return next((size for size in range(longest, 0, -1) if data.endswith(secret[:size])), 0)
