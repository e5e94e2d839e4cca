"""What lies on the person's volume, and the way to empty it."""

import streamlit as st

from agent_core.session.library import Library
from components import units


def draw(library: Library, person: str) -> None:
    """Say it in a line; nothing where the volume is empty."""
    volume = library.volume(person)
    if not volume.files:
        return
    with st.container(key="volume", horizontal=True, vertical_alignment="center", gap="small"):
        held = f"{units.count(volume.files, 'file')}, {units.size(volume.size)}"
        st.caption(f":material/hard_drive: Your volume, which your conversations share: {held}", width="content")
        if st.button("Empty it", key="empty-volume", type="tertiary"):
            _empty(library, person, held)


@st.dialog("Empty your volume")
def _empty(library: Library, person: str, held: str) -> None:
    st.markdown(f"{held} go for good. A sandbox that is open now keeps its copies until it closes.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Empty it", key="empty-for-good", type="primary", icon=":material/delete:"):
            library.empty_volume(person)
            st.rerun()
        if st.button("Keep", key="keep-volume"):
            st.rerun()
