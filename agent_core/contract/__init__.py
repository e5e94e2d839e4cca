"""The sandbox contract: what a sandbox may do, as one frozen, versioned value.

Beside it what people read and write of it: a sentence, a document, a difference, the presets, what each
provider can be held to, and the ceiling that the operator sets. Imports nothing of ours but the errors.
Tested by round trips and properties in `tests/contract`.
"""

from agent_core.contract.capabilities import FEATURES, MATRIX, Capability, check, effect
from agent_core.contract.ceiling import NO_CEILING, SET_BY, Ceiling, Excess
from agent_core.contract.clamp import clamp, moved, standard
from agent_core.contract.clauses import (
    HOSTED,
    LANGUAGES,
    PROVIDERS,
    Billing,
    Concurrency,
    Contract,
    Filesystem,
    Language,
    Languages,
    Lifecycle,
    Network,
    ProviderName,
    Resources,
    Timeout,
)
from agent_core.contract.compare import Row, compare
from agent_core.contract.diff import changed_clauses, changes
from agent_core.contract.planner import EFFORTS, Effort, PlannerSettings, planner_changes
from agent_core.contract.policy import PolicyInvalid, read_policy
from agent_core.contract.presets import PRESETS
from agent_core.contract.summary import summarise

__all__ = [
    "EFFORTS",
    "FEATURES",
    "HOSTED",
    "LANGUAGES",
    "MATRIX",
    "NO_CEILING",
    "PRESETS",
    "PROVIDERS",
    "SET_BY",
    "Billing",
    "Capability",
    "Ceiling",
    "Concurrency",
    "Contract",
    "Effort",
    "Excess",
    "Filesystem",
    "Language",
    "Languages",
    "Lifecycle",
    "Network",
    "PlannerSettings",
    "PolicyInvalid",
    "ProviderName",
    "Resources",
    "Row",
    "Timeout",
    "changed_clauses",
    "changes",
    "check",
    "clamp",
    "compare",
    "effect",
    "moved",
    "planner_changes",
    "read_policy",
    "standard",
    "summarise",
]
