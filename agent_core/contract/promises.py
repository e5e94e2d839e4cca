"""What every sandbox promises, and where a provider is known to differ: the result of the conformance suite.

`promises.json` beside this file is written by `python -m tests.sandbox.report`, from the suite and from each
provider's known differences. The tests fail where it is out of date, where a promise is broken without being
listed, and where one is listed that is kept.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from agent_core.contract.clauses import ProviderName


@dataclass(frozen=True, slots=True)
class Promise:
    """One test of the conformance suite, which every provider is put through."""

    group: str
    sentence: str
    differences: Mapping[ProviderName, str]
    """How a provider differs, in whole or in a case, and why. The others keep it."""


@dataclass(frozen=True, slots=True)
class Conformance:
    """What the suite says."""

    tested: tuple[ProviderName, ...]
    """The providers that are put through it; the others are not in this version."""
    promises: tuple[Promise, ...]
    """In the order of the suite."""

    def kept(self, provider: ProviderName) -> int:
        """How many of the promises a provider keeps to the letter."""
        return sum(provider not in promise.differences for promise in self.promises)


@cache
def conformance() -> Conformance:
    """As it was written down."""
    written = json.loads(files("agent_core.contract").joinpath("promises.json").read_text(encoding="utf-8"))
    promises = tuple(Promise(one["group"], one["sentence"], one["differences"]) for one in written["promises"])
    return Conformance(tuple(written["tested"]), promises)
