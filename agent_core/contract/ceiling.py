"""The operator's ceiling: the bounds that no contract may exceed, whoever writes it.

It has the shape of a contract, with a bound in the place of each value. Without a policy nothing is bounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Literal, Self, TypeVar

from annotated_types import Ge, Le
from pydantic import ConfigDict, Field, field_validator, model_validator

from agent_core.contract.clauses import Clause, Contract, Language, ProviderName, RateCardName
from agent_core.contract.planner import EFFORTS, LEAST_STEPS, MOST_STEPS, USUAL_STEPS, Effort, PlannerSettings
from agent_core.contract.terms import CLAUSES, TERMS, Term
from agent_core.contract.words import listed
from agent_core.errors import ClauseRefused, ProviderUnavailable

N = TypeVar("N", int, float, Decimal)

SET_BY = "set by the operator's policy"


class Range(Clause, Generic[N]):
    """The least and the most that a number may be; a bare number is the most."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    minimum: N | None = None
    maximum: N | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_number_is_the_most(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping | Range) else {"maximum": value}

    @field_validator("minimum", "maximum", mode="before")
    @classmethod
    def _yes_is_no_number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("write a number.")  # noqa: TRY004  pydantic takes a ValueError only
        return value

    @model_validator(mode="after")
    def _least_is_not_above_most(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"the minimum, {self.minimum}, must not be above the maximum, {self.maximum}.")
        return self


class LifecycleBounds(Clause):
    """For `Lifecycle`."""

    mode: tuple[Literal["session", "ephemeral"], ...] | None = Field(None, min_length=1)
    idle_seconds: Range[int] = Range[int]()
    max_seconds: Range[int] = Range[int]()


class ConcurrencyBounds(Clause):
    """For `Concurrency`."""

    per_user: Range[int] = Range[int]()
    per_deployment: Range[int] = Range[int]()


class NetworkBounds(Clause):
    """For `Network`. A pattern such as `*.example.org` covers every name below it, and not example.org itself."""

    mode: tuple[Literal["deny", "allowlist", "open"], ...] | None = Field(None, min_length=1)
    domains: tuple[str, ...] | None = None
    """Patterns of the domains that may be listed; none may be where this is empty."""


class FilesystemBounds(Clause):
    """For `Filesystem`."""

    storage: tuple[Literal["ephemeral", "volume"], ...] | None = Field(None, min_length=1)
    disk_mib: Range[int] = Range[int]()
    largest_file_mib: Range[int] = Range[int]()
    largest_artifact_mib: Range[int] = Range[int]()


class ResourcesBounds(Clause):
    """For `Resources`."""

    vcpus: Range[float] = Range[float]()
    memory_mib: Range[int] = Range[int]()
    processes: Range[int] = Range[int]()


class TimeoutBounds(Clause):
    """For `Timeout`."""

    call_seconds: Range[int] = Range[int]()
    turn_seconds: Range[int] = Range[int]()


class BillingBounds(Clause):
    """For `Billing`."""

    rate_card: tuple[RateCardName, ...] | None = Field(None, min_length=1)
    conversation_budget_usd: Range[Decimal] = Range[Decimal]()
    daily_budget_usd: Range[Decimal] = Range[Decimal]()


class LanguagesBounds(Clause):
    """For `Languages`."""

    allowed: tuple[Language, ...] | None = Field(None, min_length=1)


class PlannerBounds(Clause):
    """For `PlannerSettings`; the models have a list of their own."""

    effort: tuple[Effort, ...] | None = Field(None, min_length=1)
    most_steps: int = Field(MOST_STEPS, ge=LEAST_STEPS, le=MOST_STEPS)


class ValidationRule(Clause):
    """What has to be known of a provider before its sandboxes are used."""

    required_within_hours: int | None = Field(None, ge=1, le=8_760)
    """The checks must have passed under such a contract so recently; None where they need not."""


@dataclass(frozen=True, slots=True)
class Excess:
    """One term of a contract that goes beyond the ceiling."""

    term: Term
    asked: str
    allowed: str

    @property
    def sentence(self) -> str:
        """Clause, what was asked for, what is allowed, and by whom."""
        verb = "hold" if self.term.path in {"network.domains", "languages.allowed"} else "be"
        clause = CLAUSES[self.term.clause]
        return f"{clause}: the {self.term.subject} can't {verb} {self.asked}. Allowed: {self.allowed}, {SET_BY}."


class Ceiling(Clause):
    """What the operator allows. A bound that is left out allows what a contract can say at all."""

    provider: tuple[ProviderName, ...] | None = Field(None, min_length=1)
    lifecycle: LifecycleBounds = LifecycleBounds()
    concurrency: ConcurrencyBounds = ConcurrencyBounds()
    network: NetworkBounds = NetworkBounds()
    filesystem: FilesystemBounds = FilesystemBounds()
    resources: ResourcesBounds = ResourcesBounds()
    timeout: TimeoutBounds = TimeoutBounds()
    billing: BillingBounds = BillingBounds()
    languages: LanguagesBounds = LanguagesBounds()
    validation: ValidationRule = ValidationRule()
    models: tuple[str, ...] | None = Field(None, min_length=1)
    """The models that may plan."""
    planner: PlannerBounds = PlannerBounds()
    default: Contract | None = None
    """The contract that a conversation begins with."""

    def check(self, contract: Contract) -> None:
        """Refuse a contract that goes beyond the ceiling. Raises ClauseRefused with every excess."""
        _refuse(self.excesses(contract))

    def check_edit(self, old: Contract, new: Contract) -> None:
        """Refuse an edit that takes a term beyond the ceiling. Raises ClauseRefused.

        A term that was beyond it before, under a ceiling that has been lowered since, may be left as it is:
        otherwise several of them could only be brought down in one edit.
        """
        _refuse(tuple(one for one in self.excesses(new) if one.term.of(old) != one.term.of(new)))

    def excesses(self, contract: Contract) -> tuple[Excess, ...]:
        """Every term that goes beyond the ceiling, in the order of the document."""
        found = (self._excess(term, term.of(contract)) for term in TERMS)
        return tuple(excess for excess in found if excess is not None)

    def check_model(self, name: str, remedy: str = "Set RINGFENCE_MODEL to") -> None:
        """Refuse a model that the operator has not allowed. Raises ProviderUnavailable."""
        if self.models is not None and name not in self.models:
            raise ProviderUnavailable(
                f"The model {name} is not allowed, as {SET_BY}. {remedy} {listed(self.models, 'or')}."
            )

    def check_planner(self, settings: PlannerSettings) -> None:
        """Refuse what the operator has not allowed of a planner. Raises ProviderUnavailable."""
        self.check_model(settings.model, "Choose")
        if settings.effort not in self.efforts:
            raise ProviderUnavailable(
                f"The planner's effort can't be {settings.effort}, as {SET_BY}. Choose {listed(self.efforts, 'or')}."
            )
        if settings.most_steps > self.planner.most_steps:
            raise ProviderUnavailable(
                f"The planner can't take {settings.most_steps} steps a question. "
                f"Allowed: at most {self.planner.most_steps}, {SET_BY}."
            )

    @property
    def efforts(self) -> tuple[Effort, ...]:
        """The efforts that are allowed, the least first."""
        return tuple(effort for effort in EFFORTS if self.planner.effort is None or effort in self.planner.effort)

    def usual_planner(self, model: str) -> PlannerSettings:
        """How a planner is set where nobody chose: as usual, as far as the bounds let it."""
        effort: Effort = "high" if "high" in self.efforts else self.efforts[-1]
        return PlannerSettings(model=model, effort=effort, most_steps=min(USUAL_STEPS, self.planner.most_steps))

    def allows(self, path: str, value: Any) -> bool:
        """Whether a term, such as `network.mode`, may have this value; for a list, whether it may hold it."""
        term = next(term for term in TERMS if term.path == path)
        in_list = isinstance(term.of(Contract()), tuple) and not isinstance(value, tuple)
        return self._excess(term, (value,) if in_list else value) is None

    def bounds(self, clause: str, field: str) -> tuple[Any, Any]:
        """The least and the most that a number of the contract may be here, in the number's own type."""
        low, high = own_bounds(clause, field)
        rule = self.rule(f"{clause}.{field}")
        if not isinstance(rule, Range):
            raise KeyError(f"{clause}.{field}")
        return (low if rule.minimum is None else rule.minimum, high if rule.maximum is None else rule.maximum)

    def allowed(self, path: str) -> str:
        """What the operator allows for a term, in words: "at most 2 GiB"; empty where nothing is bounded."""
        term = next(term for term in TERMS if term.path == path)
        return _words(term, self.rule(path))

    def rule(self, path: str) -> Any:
        """A term's bound: a `Range`, the allowed values, or None."""
        found: Any = self
        for part in path.split("."):
            found = getattr(found, part, None)
        return found

    def _excess(self, term: Term, value: Any) -> Excess | None:
        rule = self.rule(term.path)
        beyond = _beyond(term, value, rule)
        return Excess(term, term.show(beyond), _words(term, rule)) if beyond is not None else None


NO_CEILING = Ceiling()


def covers(pattern: str, domain: str) -> bool:
    """Whether every host that `domain` stands for is one that `pattern` stands for."""
    if not pattern.startswith("*."):
        return domain == pattern
    return domain == pattern or domain.removeprefix("*.").endswith(pattern[1:])


def own_bounds(clause: str, field: str) -> tuple[Any, Any]:
    """The least and the most that a contract can say at all. Raises KeyError for what is no number."""
    metadata = type(getattr(Contract(), clause)).model_fields[field].metadata
    low: Any = next((rule.ge for rule in metadata if isinstance(rule, Ge)), None)
    high: Any = next((rule.le for rule in metadata if isinstance(rule, Le)), None)
    if low is None or high is None:
        raise KeyError(f"{clause}.{field}")
    number = type(getattr(getattr(Contract(), clause), field))
    return number(low), number(high)


def _refuse(excesses: tuple[Excess, ...]) -> None:
    if excesses:
        raise ClauseRefused(excesses[0].term.clause, " ".join(excess.sentence for excess in excesses))


def _beyond(term: Term, value: Any, rule: Any) -> Any:
    """What of a value the rule doesn't allow: the number or the choice itself, or the items of a list."""
    match rule:
        case None:
            return None
        case Range():
            too_little = rule.minimum is not None and value < rule.minimum
            too_much = rule.maximum is not None and value > rule.maximum
            return value if too_little or too_much else None
        case _ if term.path == "network.domains":
            return tuple(name for name in value if not any(covers(pattern, name) for pattern in rule)) or None
        case _ if isinstance(value, tuple):
            return tuple(item for item in value if item not in rule) or None
        case _:
            return value if value not in rule else None


def _words(term: Term, rule: Any) -> str:
    match rule:
        case None | Range(minimum=None, maximum=None):
            return ""
        case Range(minimum=None):
            return f"at most {term.show(rule.maximum)}"
        case Range(maximum=None):
            return f"at least {term.show(rule.minimum)}"
        case Range():
            return f"{term.show(rule.minimum)} to {term.show(rule.maximum)}"
        case _ if isinstance(term.of(Contract()), tuple):
            return term.show(rule)
        case _:
            return listed(tuple(term.show(value) for value in rule), "or")
