"""A report to take away as a file."""

from collections.abc import Callable

import streamlit as st

from agent_core.session.reports import KeptReport
from agent_core.validation.base import Report
from agent_core.validation.forms import to_json
from agent_core.validation.junit import to_junit
from agent_core.validation.printing import to_html

_FORMS: tuple[tuple[str, str, str, Callable[[Report], str]], ...] = (
    ("HTML", "html", "text/html", to_html),
    ("JSON", "json", "application/json", to_json),
    ("JUnit", "xml", "application/xml", to_junit),
)


def draw(kept: KeptReport, *, place: str) -> None:
    """Offer a report as files; `place` tells these from those of the same report elsewhere on the page."""
    with st.container(horizontal=True, gap="small", key=f"{place}-files"):
        for label, suffix, media_type, form in _FORMS:
            st.download_button(
                label,
                _written(form, kept.report),
                file_name=f"ringfence-validation-{kept.report.started_at:%Y%m%d-%H%M}.{suffix}",
                mime=media_type,
                key=f"{place}-report-{suffix}-{kept.id}",
                icon=":material/download:",
                on_click="ignore",
                help=f"This report as {label}",
            )


def _written(form: Callable[[Report], str], report: Report) -> Callable[[], bytes]:
    """Written when it is asked for."""
    return lambda: form(report).encode()
