"""A deployment for the length of a command, with a conversation in it that the app shows afterwards too."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from agent_core.contract import Contract
from agent_core.contract.forms import ContractInvalid, from_yaml
from agent_core.events import FileRefused
from agent_core.session import Conversation, Deployment, IncomingFile
from agent_core.session.deployment import LOCAL_PERSON


def contract_in(source: Path) -> Contract:
    """The contract in a YAML file. Raises ContractInvalid, OSError."""
    try:
        return from_yaml(source.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        raise ContractInvalid((f"{source.name} is not text in UTF-8, so it can't be read as a contract.",)) from None


@contextmanager
def conversation(source: Path | None) -> Iterator[Conversation]:
    """A new conversation under the contract of a YAML file, or the deployment's standard one.

    Raises RingfenceError, and ValueError or OSError for a file that can't be read as a contract.
    """
    contract = contract_in(source) if source else None
    deployment = Deployment.start()
    try:
        yield deployment.create(LOCAL_PERSON.id, contract)
    finally:
        deployment.close()


def upload(opened: Conversation, files: Sequence[Path]) -> None:
    """Bring files in, and wait until they were looked at. Raises ValueError for one that is not taken."""
    with reading(files) as incoming:
        opened.upload(incoming)
    opened.wait()
    require_taken(opened)


@contextmanager
def reading(files: Sequence[Path]) -> Iterator[list[IncomingFile]]:
    """Files of this machine, opened to be brought in."""
    with ExitStack() as stack:
        yield [IncomingFile(path.name, stack.enter_context(path.open("rb")), path.stat().st_size) for path in files]


def require_taken(opened: Conversation) -> None:
    """Raises ValueError with the reason where a file was not taken."""
    events = [stored.event for stored in opened.snapshot().events]
    if refused := [event for event in events if isinstance(event, FileRefused)]:
        raise ValueError(f"{refused[0].name} was not taken: {refused[0].message}")
