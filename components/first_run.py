"""What a conversation shows before anything is in it."""

from dataclasses import dataclass

import streamlit as st

from agent_core.contract.words import size, unbroken
from agent_core.files.samples import SAMPLES
from agent_core.session import IncomingFile
from components import state
from components.markdown import plain
from components.uploads import incoming


@dataclass(frozen=True, slots=True)
class Start:
    """How the person begins: with files of their own, or with a sample's name."""

    files: tuple[IncomingFile, ...] = ()
    sample: str = ""


def draw(largest_file_mib: int) -> Start:
    """Say what this is, and take files or a sample."""
    tab = state.tab()
    with st.container(key="first-run"):
        st.markdown("## Ask your data anything", anchors=False)
        st.markdown(
            "An agent writes and runs code in a ring-fenced sandbox to answer you. "
            "You read the rules it runs under, you change them, and they hold."
        )
        files = st.file_uploader(
            f"CSV, Excel, JSON, Parquet, SQLite, ZIP or any other file, up to {unbroken(size(largest_file_mib))} each",
            accept_multiple_files=True,
            key=f"first-files-{tab.uploads}",
        )
        sample = _samples()
    if files:
        tab.uploads += 1
    return Start(incoming(files or ()), sample)


def _samples() -> str:
    picked = ""
    st.caption("No data at hand? Start with a sample.")
    with st.container(horizontal=True, gap="xsmall", key="samples"):
        for sample in SAMPLES:
            if st.button(
                plain(sample.title), key=f"sample-{sample.name}", icon=":material/dataset:", help=plain(sample.about)
            ):
                picked = sample.name
    return picked
