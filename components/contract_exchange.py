"""A contract out as a file, and in from a file or a preset."""

import re
from dataclasses import dataclass
from datetime import datetime

import streamlit as st
from streamlit.typing import UploadedFile

from agent_core.contract import PRESETS, Contract
from agent_core.contract.ceiling import NO_CEILING, Ceiling
from agent_core.contract.forms import LONGEST_DOCUMENT, ContractInvalid, from_markdown, from_yaml, to_markdown, to_yaml
from agent_core.contract.printing import printed
from agent_core.session import Conversation, Snapshot
from components import contract_proposal, moments
from components.markdown import plain

_MOST_BYTES = 4 * LONGEST_DOCUMENT
"""As many as the longest contract can have in UTF-8."""


@dataclass(frozen=True, slots=True)
class Export:
    """A contract as a file."""

    label: str
    name: str
    media_type: str
    data: bytes


def draw(conversation: Conversation, snapshot: Snapshot, named: str) -> None:
    """Offer the contract in force as a file, and take another."""
    _export(snapshot, named, conversation.ceiling)
    _import(conversation, snapshot)
    _preset(conversation, snapshot)


def exports(
    contract: Contract, version: int, of: str, at: datetime, ceiling: Ceiling = NO_CEILING
) -> tuple[Export, ...]:
    """The contract in each form. `of` names what it belongs to, `at` when it is taken out."""
    stem = f"{re.sub(r'[^a-z0-9]+', '-', contract.name.lower()).strip('-') or 'contract'}-v{version}"
    page = printed(contract, version=version, of=of, at=at, ceiling=ceiling)
    return (
        Export("YAML", f"{stem}.yaml", "application/yaml", to_yaml(contract).encode()),
        Export("Markdown", f"{stem}.md", "text/markdown", to_markdown(contract).encode()),
        Export("HTML to print", f"{stem}.html", "text/html", page.encode()),
    )


def _export(snapshot: Snapshot, named: str, ceiling: Ceiling) -> None:
    at = datetime.now(moments.zone())
    found = exports(snapshot.contract, snapshot.contract_version, named, at, ceiling)
    st.markdown("### Export", anchors=False)
    with st.container(horizontal=True, gap="small"):
        for export in found:
            st.download_button(
                export.label,
                export.data,
                file_name=export.name,
                mime=export.media_type,
                key=f"export-{export.label}",
                icon=":material/download:",
                on_click="ignore",
            )
    st.caption("YAML and Markdown can be edited and taken in again. The HTML file is for reading and printing.")


def _import(conversation: Conversation, snapshot: Snapshot) -> None:
    st.markdown("### Import", anchors=False)
    key = f"import-{snapshot.contract_version}"
    file = st.file_uploader("A contract as YAML or Markdown", type=["yaml", "yml", "md"], key=key)
    if file is None:
        return
    try:
        proposed = _read(file)
    except ContractInvalid as invalid:
        st.warning(f"**{plain(file.name)} is not a contract.** Nothing was changed.", icon=":material/block:")
        st.caption("\n".join(f"- {plain(sentence)}" for sentence in invalid.problems))
    else:
        contract_proposal.draw(conversation, snapshot, proposed, file.name, "import")


def _read(file: UploadedFile) -> Contract:
    if file.size > _MOST_BYTES:
        raise ContractInvalid(("The text is too long for a contract.",))
    try:
        text = file.getvalue().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ContractInvalid(("The file is not text in UTF-8.",)) from None
    return from_markdown(text) if file.name.lower().endswith(".md") else from_yaml(text)


def _preset(conversation: Conversation, snapshot: Snapshot) -> None:
    st.markdown("### Start from a preset", anchors=False)
    names = {preset.name: preset for preset in PRESETS}
    key = f"start-{snapshot.contract_version}"
    chosen = st.selectbox("Preset", list(names), None, key=key, placeholder="Choose one to see what it would change")
    if chosen is not None:
        contract_proposal.draw(conversation, snapshot, names[chosen], chosen, "start")
