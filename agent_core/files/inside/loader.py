"""Runs a look from the source texts of this package, where the package itself is not installed."""

import sys
import types

PACKAGE = "agent_core.files.inside"


def look(parts: dict[str, str], path: str, mark: str) -> None:
    """Make a module of each part in turn, let `report` look at the file, and forget the modules."""
    names = [f"{PACKAGE}.{part}" for part in parts]
    before = {name: sys.modules[name] for name in names if name in sys.modules}
    try:
        for name, source in zip(names, parts.values(), strict=True):
            module = types.ModuleType(name)
            sys.modules[name] = module
            exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102  # our own source
        sys.modules[f"{PACKAGE}.report"].report(path, mark)
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)
