"""The panel under a contract that has code run at Claude: what Anthropic decides is shown as fixed, and why."""

import pytest
from streamlit.testing.v1 import AppTest

from agent_core.contract import MATRIX, Contract, moved
from agent_core.events import SandboxClosed
from tests.screen.conftest import as_read, open_page
from tests.screen.scripted import ScriptedConversation


@pytest.fixture
def hosted(conversation: ScriptedConversation) -> AppTest:
    conversation.amend(moved(Contract(), "claude"))
    return open_page(conversation)


def captions(page: AppTest) -> str:
    return " ".join(caption.value.replace("\\", "") for caption in page.caption)


def test_fixed_clauses_can_not_be_edited_and_say_why(hosted: AppTest) -> None:
    fixed = {"resources": ("memory_mib", "vcpus", "processes"), "filesystem": ("disk_mib",)}
    for clause, fields in fixed.items():
        for field in fields:
            control = hosted.number_input(key=f"panel-{clause}-{field}")
            assert control.disabled
            assert as_read(control.help) == MATRIX["claude"][f"{clause}.{field}"].sentence
    assert not hosted.number_input(key="panel-timeout-turn_seconds").disabled
    assert not hosted.exception


def test_what_claude_can_not_be_told_is_not_offered(hosted: AppTest) -> None:
    assert hosted.selectbox(key="panel-network-mode").options == ["None"]
    said = captions(hosted)
    assert "Claude's hosted sandbox never has a network" in said
    assert "Claude's hosted sandbox has no volumes" in said


@pytest.mark.parametrize(
    ("reason", "words"), [("expired", "what only it had is gone"), ("never_made", "the provider never made it")]
)
def test_the_end_of_a_container_is_said(conversation: ScriptedConversation, reason: str, words: str) -> None:
    conversation.tell(SandboxClosed.model_validate({"sandbox": "claude-1", "reason": reason, "seconds": 3}))
    assert words in captions(open_page(conversation))
