"""Where the interpreter that runs the app is on the host, and where it is in the jail."""

import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from agent_core.jail import Bind, Mount, Tmpfs

_HOME = "/opt/python"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The base interpreter, without what is installed for it."""

    mounts: tuple[Mount, ...]
    home: str
    """The folder of its program in the jail, as `pyvenv.cfg` names it."""
    program: str
    library_path: str | None
    readonly: tuple[str, ...]
    """Mounts to make read-only at the end."""


def interpreter() -> Interpreter:
    """The running one. The system's own is used in its place; any other is bound at a fixed path."""
    program = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    if Path(sys.base_prefix) == Path("/usr"):
        return Interpreter((), "/usr/bin", f"/usr/bin/{program.name}", None, ())
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = Path(sys.base_prefix) / "lib"
    installed = f"{_HOME}/lib/{version}/site-packages"
    mounts: list[Mount] = [
        Bind(program, f"{_HOME}/bin/{version}"),
        Bind(library / version, f"{_HOME}/lib/{version}"),
    ]
    if (library / version / "site-packages").is_dir():
        mounts.append(Tmpfs(installed, 1, "0755"))
    mounts += [Bind(path, f"{_HOME}/lib/{path.name}") for path in _shared_libraries(library)]
    readonly = (installed,) if (library / version / "site-packages").is_dir() else ()
    return Interpreter(tuple(mounts), f"{_HOME}/bin", f"{_HOME}/bin/{version}", f"{_HOME}/lib", readonly)


def _shared_libraries(library: Path) -> list[Path]:
    name = sysconfig.get_config_var("INSTSONAME") or ""
    path = library / str(name)
    return [path] if ".so" in str(name) and path.is_file() else []
