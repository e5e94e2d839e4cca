"""Ours in place of an SDK's: what is the same for each of them."""

import contextlib
from collections.abc import Iterator
from typing import Protocol

from agent_core.errors import RingfenceError


class Translate(Protocol):
    """One SDK's table."""

    def __call__(self, error: BaseException, *, disk_mib: int, opened: bool) -> RingfenceError | None:
        """Ours for one of theirs; None for what is not theirs."""


@contextlib.contextmanager
def translating(translate: Translate, *, disk_mib: int = 0, opened: bool = False) -> Iterator[None]:
    """Raise ours in place of the SDK's. `opened`: there is a sandbox, which may be what is gone."""
    try:
        yield
    except RingfenceError:
        raise
    except Exception as error:
        ours = translate(error, disk_mib=disk_mib, opened=opened)
        if ours is None:
            raise
        raise ours from None
