"""The app over a scripted Deployment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from agent_core.contract.words import NO_BREAK
from components import services
from tests.screen.scripted import ScriptedConversation, ScriptedDeployment

APP = Path(__file__).parents[2] / "components" / "screen.py"


def fresh() -> ScriptedDeployment:
    """An empty Deployment, in the place of the one before."""
    deployment = ScriptedDeployment()
    st.cache_resource.clear()
    st.cache_data.clear()
    services.compose(lambda: deployment)
    return deployment


@pytest.fixture
def scripted() -> Iterator[ScriptedDeployment]:
    """A Deployment that waits to be played."""
    yield fresh()
    st.cache_resource.clear()


@pytest.fixture
def conversation(scripted: ScriptedDeployment) -> ScriptedConversation:
    """A conversation of the person that the page is for."""
    return scripted.create("local")


@pytest.fixture
def page(conversation: ScriptedConversation) -> AppTest:
    """The app, open at the conversation."""
    return open_page(conversation)


def as_read(text: str) -> str:
    """Text as a person reads it: without the escapes of Markdown, and with all blanks alike."""
    return text.replace("\\", "").replace(NO_BREAK, " ")


def open_page(conversation: ScriptedConversation) -> AppTest:
    """Another tab at a conversation."""
    app = AppTest.from_file(APP, default_timeout=30)
    app.query_params["c"] = conversation.id
    return app.run()
