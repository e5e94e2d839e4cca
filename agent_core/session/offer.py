"""What a conversation's planner may be set to in this deployment."""

from dataclasses import dataclass

from agent_core.contract import Ceiling, Effort, PlannerSettings
from agent_core.planning.models import PRICES, check_model


@dataclass(frozen=True, slots=True)
class PlannerOffer:
    """The choices that a person has, within the operator's bounds."""

    usual: PlannerSettings
    """What holds until somebody chooses."""
    ceiling: Ceiling
    anthropic: bool
    """Whether the endpoint is Anthropic's own; at another any model may be named, and it has no effort to set."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models to choose from; empty where any may be named."""
        allowed = self.ceiling.models
        if self.anthropic:
            return tuple(model for model in PRICES if allowed is None or model in allowed)
        return allowed or ()

    @property
    def efforts(self) -> tuple[Effort, ...]:
        """The efforts to choose from, the least first; empty where there is none to set."""
        return self.ceiling.efforts if self.anthropic else ()

    @property
    def most_steps(self) -> int:
        """How often a model may be asked in one turn at the most."""
        return self.ceiling.planner.most_steps

    def check(self, settings: PlannerSettings) -> None:
        """Raises ProviderUnavailable for a retired or unknown model, and for what the operator doesn't allow."""
        check_model(settings.model, anthropic=self.anthropic, remedy="Choose")
        self.ceiling.check_planner(settings)
