"""The part of the local worker that runs elsewhere too, as one archive, and the code that speaks to it."""

import functools
import hashlib
import io
import json
import zipfile
from importlib import resources

from agent_core.contract import Contract

_PACKAGE = "ringfence_inside"
_WORKER = "agent_core.sandbox.local.worker"
_INSIDE = "agent_core.sandbox.inside"
_SHARED = ("faults", "files", "imports", "notebook", "repl", "rich", "screen", "shell", "shown", "streams", "tables")
_OURS = ("kernel", "pump", "session")
_MIB = 1 << 20
MOST_OUTPUT_BYTES = 10 * _MIB


@functools.cache
def archive() -> bytes:
    """A zip that Python imports from."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{_PACKAGE}/__init__.py", "")
        for name, text in _sources().items():
            file.writestr(f"{_PACKAGE}/{name}.py", text)
    return data.getvalue()


@functools.cache
def mark() -> str:
    """Tells this version of our part from any other: two that differ may not understand each other."""
    return hashlib.sha256(json.dumps(_sources()).encode()).hexdigest()


def _sources() -> dict[str, str]:
    found: dict[str, str] = {}
    for home, names in ((_WORKER, _SHARED), (_INSIDE, _OURS)):
        for name in names:
            text = resources.files(home).joinpath(f"{name}.py").read_text("utf-8")
            found[name] = text.replace(_WORKER, _PACKAGE).replace(_INSIDE, _PACKAGE)
    return found


def first(home: str, contract: Contract, *, disk_guard: bool) -> str:
    """What the interpreter runs once."""
    return (
        f"import sys; sys.path.insert(0, {home + '/.ringfence/inside.zip'!r})\n"
        f"import json; from {_PACKAGE} import session as _session\n"
        f"_session.begin({home!r}, json.loads({json.dumps(limits(contract, disk_guard=disk_guard))!r}), {mark()!r})\n"
    )


def call(method: str, *arguments: object) -> str:
    """What the interpreter runs for each request. The arguments are JSON, and never code."""
    text = json.dumps(arguments)
    return f"import json\n__import__('sys').modules['{_PACKAGE}.session'].session.{method}(*json.loads({text!r}))\n"


def limits(contract: Contract, *, disk_guard: bool = False) -> dict[str, int]:
    """The guards inside; one for the disk where the provider's own disk is larger than the contract's."""
    return {
        "data_bytes": contract.resources.memory_mib * _MIB,
        "file_bytes": contract.filesystem.largest_file_mib * _MIB,
        "processes": contract.resources.processes,
        "output_bytes": MOST_OUTPUT_BYTES,
        "disk_bytes": contract.filesystem.disk_mib * _MIB if disk_guard else 0,
    }
