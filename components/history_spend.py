"""What was spent, by the day and by the conversation."""

from collections.abc import Iterable

import streamlit as st

from agent_core.billing.meter import Cost
from agent_core.session.spend import Spend
from components import html_table, moments, units

_COLUMNS = ("Together", "Sandbox", "Model", "Sandbox time", "Tokens in", "Tokens out")


def draw(spend: Spend) -> None:
    """Show what one person's conversations have cost until now."""
    if not spend.days:
        st.caption("Nothing was used yet.")
        return
    total(spend.total)
    table("Day", [(moments.day(one.day), one.cost) for one in spend.days])
    st.caption("A day begins at midnight UTC.")
    table("Conversation", [(units.short(one.title, 40) or "New conversation", one.cost) for one in spend.conversations])
    st.caption("What a deleted conversation cost went with it.")


def table(of: str, costs: Iterable[tuple[str, Cost]]) -> None:
    """What each of something has cost, under a heading."""
    st.markdown(f"### By {of.lower()}", anchors=False)
    html_table.draw((of, *_COLUMNS), [(name, *_cells(cost)) for name, cost in costs], "spend")


def total(cost: Cost) -> None:
    """The sum, large."""
    with st.container(horizontal=True, gap="medium"):
        for label, value in (
            ("Spent", units.dollars(cost.total_usd)),
            ("Sandbox time", units.seconds(cost.sandbox_seconds)),
            ("Tokens", f"{cost.input_tokens + cost.output_tokens:,}"),
        ):
            st.metric(label, value.replace("$", "\\$"), width="content")


def _cells(cost: Cost) -> tuple[str, ...]:
    return (
        units.dollars(cost.total_usd),
        units.dollars(cost.sandbox_usd),
        units.dollars(cost.model_usd),
        units.seconds(cost.sandbox_seconds),
        f"{cost.input_tokens:,}",
        f"{cost.output_tokens:,}",
    )
