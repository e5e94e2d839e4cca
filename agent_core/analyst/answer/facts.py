"""The `label: value` lines that a program of ours printed, read without trust."""

import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

_LINE = re.compile(r"^([a-z ]{2,20}): (.*)$")


class NotFound(Exception):
    """The output does not hold what the answer needs."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Printed values by their labels, in the order in which they were printed.

    Where one is wanted the first counts: what a shown table adds to the output comes later.
    """

    lines: dict[str, tuple[str, ...]]

    def number(self, label: str) -> float:
        """The number printed under this label; NaN where that was printed.

        Raises NotFound.
        """
        return self.numbers(label)[0]

    def numbers(self, label: str) -> tuple[float, ...]:
        """All numbers printed under this label. Raises NotFound."""
        try:
            return tuple(float(text) for text in self.lines[label])
        except (KeyError, ValueError) as error:
            raise NotFound(label) from error

    def count(self, label: str) -> int:
        """A printed whole number; 0 where it was not printed."""
        if label not in self.lines:
            return 0
        found = self.number(label)
        return int(found) if math.isfinite(found) else 0

    def rows(self, label: str) -> list[list[Any]]:
        """The rows of a printed table. Raises NotFound."""
        found = self.document(label)
        if not isinstance(found, list) or not all(isinstance(row, list) for row in found):
            raise NotFound(label)
        return found

    def document(self, label: str) -> Any:
        """A printed JSON value. Raises NotFound."""
        try:
            return json.loads(self.lines[label][0])
        except (KeyError, ValueError, RecursionError) as error:
            raise NotFound(label) from error


def read_facts(stdout: str) -> Facts:
    """Read what was printed; other lines are passed over."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in stdout.splitlines():
        if match := _LINE.match(line):
            found[match[1]].append(match[2])
    return Facts({label: tuple(values) for label, values in found.items()})
