"""A table to take away: all its rows, or as many as its contract let out of the sandbox, and then it says so."""

from collections.abc import Callable

import streamlit as st

from agent_core.events import Artifact
from agent_core.exports import tables
from components import units
from components.markdown import plain

_Write = Callable[[tables.Preview, bytes | None], bytes]


def draw(artifact: Artifact, shown: tables.Preview, read: Callable[[str], bytes], key: str) -> None:
    """Offer the table as CSV, as an Excel workbook where it fits into one, and as Parquet."""
    rows = _rows(artifact, shown)

    def written(form: _Write) -> Callable[[], bytes]:
        return lambda: form(shown, read(artifact.full_data) if artifact.full_data else None)

    size = f", {units.size(artifact.full_data_size)}" if artifact.full_data_size else ""
    _file(f"CSV{size}", written(tables.as_csv), "table.csv", "text/csv", key)
    if tables.fits_excel(rows, shown.total_columns):
        _file("Excel", written(tables.as_excel), "table.xlsx", _EXCEL, key)
    _file("Parquet", written(tables.as_parquet), "table.parquet", "application/vnd.apache.parquet", key)
    if (told := _told(rows, shown)) is not None:
        st.caption(f":material/info: {plain(told)}", width="stretch")


_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _rows(artifact: Artifact, shown: tables.Preview) -> int:
    if artifact.full_data is None:
        return len(shown.rows)
    return shown.total_rows if artifact.full_data_rows is None else artifact.full_data_rows


def _told(rows: int, shown: tables.Preview) -> str | None:
    if rows < shown.total_rows:
        limit = "That is as much as the contract lets one result hold, or as was written in time."
        return f"The files hold the first {rows:,} of {shown.total_rows:,} rows. {limit}"
    if not tables.fits_excel(rows, shown.total_columns):
        return "This table is too large for Excel."
    return None


def _file(label: str, data: Callable[[], bytes], name: str, media_type: str, key: str) -> None:
    st.download_button(
        label,
        data,
        file_name=name,
        mime=media_type,
        key=f"download-{key}-{name}",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        help=f"All rows as {label.partition(',')[0]}",
    )
