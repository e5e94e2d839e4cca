"""What was spent, by the day and by the conversation."""

import streamlit as st

from agent_core.billing.meter import Cost
from agent_core.session.spend import Spend
from components import html_table, moments, units

_COLUMNS = ("Sandbox time", "Sandbox", "Model", "Tokens in", "Tokens out", "Together")


def draw(spend: Spend) -> None:
    """Show what one person's conversations have cost until now."""
    if not spend.days:
        st.caption("Nothing was used yet.")
        return
    _total(spend.total)
    st.markdown("#### By day", anchors=False)
    html_table.draw(("Day", *_COLUMNS), [(moments.day(one.day), *_cells(one.cost)) for one in spend.days], "spend")
    st.caption("A day begins at midnight UTC.")
    st.markdown("#### By conversation", anchors=False)
    rows = [(one.title or "New conversation", *_cells(one.cost)) for one in spend.conversations]
    html_table.draw(("Conversation", *_COLUMNS), rows, "spend")
    st.caption("What a deleted conversation cost went with it.")


def _total(cost: Cost) -> None:
    with st.container(horizontal=True, gap="medium"):
        for label, value in (
            ("Spent", units.dollars(cost.total_usd)),
            ("Sandbox time", units.seconds(cost.sandbox_seconds)),
            ("Tokens", f"{cost.input_tokens + cost.output_tokens:,}"),
        ):
            st.metric(label, value.replace("$", "\\$"), width="content")


def _cells(cost: Cost) -> tuple[str, ...]:
    return (
        units.seconds(cost.sandbox_seconds),
        units.dollars(cost.sandbox_usd),
        units.dollars(cost.model_usd),
        f"{cost.input_tokens:,}",
        f"{cost.output_tokens:,}",
        units.dollars(cost.total_usd),
    )
