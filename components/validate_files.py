"""A report to take away as a file."""

import streamlit as st

from agent_core.session.reports import KeptReport
from agent_core.validation.forms import to_json


def draw(kept: KeptReport, *, place: str) -> None:
    """Offer a report as files; `place` tells these from those of the same report elsewhere on the page."""
    report = kept.report
    stem = f"ringfence-validation-{report.started_at:%Y%m%d-%H%M}"
    with st.container(horizontal=True, gap="small", key=f"{place}-files"):
        for label, suffix, media_type, data in (("JSON", "json", "application/json", to_json(report)),):
            st.download_button(
                label,
                data.encode(),
                file_name=f"{stem}.{suffix}",
                mime=media_type,
                key=f"{place}-report-{suffix}-{kept.id}",
                icon=":material/download:",
                on_click="ignore",
                help=f"This report as {label}",
            )
