"""What of a contract the checks of a sandbox are about, as one value to compare."""

import hashlib
import json

from agent_core.contract.clauses import Contract

_HELD_BY_THE_APP = {"name", "billing", "concurrency"}
"""The name is held by nobody; money and the number of sandboxes are counted by the app, whichever provider runs."""


def fingerprint(contract: Contract) -> str:
    """The same for two contracts whose sandboxes must hold the same: in hexadecimal, 64 digits.

    The name, the billing and the concurrency clause don't count.
    """
    values = contract.model_dump(mode="json", exclude=_HELD_BY_THE_APP)
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
