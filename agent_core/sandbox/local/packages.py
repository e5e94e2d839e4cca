"""Which installed packages code in the sandbox may import, and where their files are."""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

OFFERED = (
    "pandas",
    "numpy",
    "matplotlib",
    "plotly",
    "pyarrow",
    "openpyxl",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "seaborn",
    "jinja2",
    "requests",
    "httpx",
    "pip",
)


def paths() -> tuple[Path, ...]:
    """Top-level files and folders of what is offered, and of all that it requires."""
    found: dict[str, Path] = {}
    for distribution in _closure():
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in {"..", "__pycache__"} and top not in found:
                found[top] = Path(str(distribution.locate_file(top)))
    return tuple(path for path in found.values() if path.exists())


def _closure() -> Iterator[metadata.Distribution]:
    waiting, seen = list(OFFERED), set[str]()
    while waiting:
        name = waiting.pop()
        if (key := re.sub(r"[-_.]+", "-", name).lower()) in seen:
            continue
        seen.add(key)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        waiting += _required(distribution)
        yield distribution


def _required(distribution: metadata.Distribution) -> Iterator[str]:
    for line in distribution.requires or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
