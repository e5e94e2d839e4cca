"""How a conversation's planner is set: not part of the sandbox's contract, but the operator bounds it too."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Effort = Literal["low", "medium", "high", "max"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)

LEAST_STEPS, MOST_STEPS = 1, 100
USUAL_STEPS = 30


class PlannerSettings(BaseModel):
    """Which model plans, how hard it thinks, and how often it may be asked in one turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1, max_length=200)
    effort: Effort = "high"
    """It means nothing at an endpoint that is not Anthropic's own."""
    most_steps: int = Field(USUAL_STEPS, ge=LEAST_STEPS, le=MOST_STEPS)


def planner_changes(old: PlannerSettings, new: PlannerSettings) -> tuple[str, ...]:
    """One plain sentence for each change."""
    sentences = []
    if old.model != new.model:
        sentences.append(f"Model: {old.model} → {new.model}.")
    if old.effort != new.effort:
        sentences.append(f"Effort: {old.effort} → {new.effort}.")
    if old.most_steps != new.most_steps:
        sentences.append(f"Most steps a question: {old.most_steps} → {new.most_steps}.")
    return tuple(sentences)
