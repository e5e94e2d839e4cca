"""Which files were sent, so that those of a killed app are deleted at its next start."""

from collections.abc import Sequence
from typing import Protocol


class Sent(Protocol):
    """A file at the Files API, the sandbox that it was sent for, and the app process, by `Holder.label`."""

    @property
    def file(self) -> str:
        """Its id there."""

    @property
    def sandbox(self) -> str:
        """The sandbox's id."""

    @property
    def holder(self) -> str:
        """The process's label."""


class Ledger(Protocol):
    """Kept outside of the process."""

    def note(self, file: str, sandbox: str, holder: str) -> None:
        """A file is there. One that was noted before stays as it is."""

    def forget(self, file: str) -> None:
        """It is there no longer. One that is not known is already forgotten."""

    def all(self) -> Sequence[Sent]:
        """Every file that was noted and not forgotten."""


class NoLedger:
    """For a command, which deletes what it has sent; what a killed one leaves expires by itself."""

    def note(self, file: str, sandbox: str, holder: str) -> None:
        """Nothing."""

    def forget(self, file: str) -> None:
        """Nothing."""

    def all(self) -> Sequence[Sent]:
        """None."""
        return ()
