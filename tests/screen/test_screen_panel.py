"""The panel shows the contract in force; an edit is amended at once, and a refused one goes back."""

import pytest
from streamlit.testing.v1 import AppTest

from agent_core.contract import MATRIX, PRESETS, Ceiling, Contract, Languages, PlannerSettings
from agent_core.events import ContractChanged
from agent_core.session.offer import PlannerOffer
from tests.screen.conftest import as_read, open_page
from tests.screen.scripted import ScriptedConversation


def in_force(conversation: ScriptedConversation) -> Contract:
    return conversation.snapshot().contract


def warnings(page: AppTest) -> list[str]:
    return [warning.value.replace("\\", "") for warning in page.warning]


@pytest.mark.parametrize(
    ("clause", "field", "value"),
    [
        ("resources", "memory_mib", 2_048),
        ("resources", "processes", 32),
        ("timeout", "call_seconds", 30),
        ("timeout", "turn_seconds", 300),
        ("filesystem", "disk_mib", 256),
        ("filesystem", "largest_file_mib", 10),
        ("lifecycle", "idle_seconds", 60),
        ("lifecycle", "max_seconds", 7_200),
        ("concurrency", "per_user", 2),
    ],
)
def test_a_number_is_amended_at_once(page, conversation, clause, field, value):
    page.number_input(key=f"panel-{clause}-{field}").set_value(value).run()
    assert getattr(getattr(in_force(conversation), clause), field) == value
    assert conversation.snapshot().contract_version == 2
    assert not page.exception


@pytest.fixture
def planned(conversation: ScriptedConversation) -> ScriptedConversation:
    ceiling = Ceiling.model_validate({"planner": {"most_steps": 40}})
    conversation.offered = PlannerOffer(ceiling.usual_planner("claude-sonnet-4-6"), ceiling, anthropic=True)
    return conversation


def test_the_planner_is_set_at_once(planned):
    page = open_page(planned)
    page.selectbox(key="panel-planner-model").set_value("claude-opus-4-7").run()
    page.selectbox(key="panel-planner-effort").set_value("low").run()
    page.number_input(key="panel-planner-most_steps").set_value(12).run()
    assert planned.planning == PlannerSettings(model="claude-opus-4-7", effort="low", most_steps=12)
    assert page.number_input(key="panel-planner-most_steps").max == 40
    assert any("Effort: high" in caption.value.replace("\\", "") for caption in page.caption)
    assert planned.snapshot().contract_version == 1
    assert not page.exception


def test_an_own_endpoints_model_is_written_and_a_refused_one_goes_back(planned):
    planned.offered = PlannerOffer(planned.planning, Ceiling(), anthropic=False)
    page = open_page(planned)
    page.text_input(key="panel-planner-model").set_value("llama3.1:8b").run()
    assert planned.planning.model == "llama3.1:8b"
    page.text_input(key="panel-planner-model").set_value("claude-opus-4-20250514").run()
    assert "claude-opus-4-20250514 was retired" in warnings(page)[0]
    page.text_input(key="panel-planner-model").set_value(" ").run()
    assert warnings(page) == ["Name a model that the endpoint knows."]
    assert page.text_input(key="panel-planner-model").value == "llama3.1:8b"


def test_the_built_in_analyst_has_nothing_to_set(page):
    assert not [box for box in page.selectbox if "planner" in box.key]


def test_money_is_amended_to_the_cent(page, conversation):
    page.number_input(key="panel-billing-conversation_budget_usd").set_value(2.3).run()
    assert str(in_force(conversation).billing.conversation_budget_usd) == "2.3"


def test_a_choice_is_amended_at_once(page, conversation):
    page.selectbox(key="panel-lifecycle-mode").set_value("ephemeral").run()
    assert in_force(conversation).lifecycle.mode == "ephemeral"


def test_languages_are_amended_at_once(page, conversation):
    page.pills(key="panel-languages-allowed").set_value(["python"]).run()
    assert in_force(conversation).languages.allowed == ("python",)


def test_an_edit_that_makes_no_contract_says_why_and_goes_back(page, conversation):
    page.number_input(key="panel-lifecycle-max_seconds").set_value(60).run()
    assert warnings(page) == ["The idle time can't be longer than the longest life of a sandbox."]
    assert in_force(conversation).lifecycle.max_seconds == 3_600
    assert page.number_input(key="panel-lifecycle-max_seconds").value == 3_600
    assert conversation.snapshot().contract_version == 1


def test_leaving_no_language_says_why_and_goes_back(page, conversation):
    page.pills(key="panel-languages-allowed").set_value([]).run()
    assert warnings(page) == ["Allow at least one language."]
    assert page.pills(key="panel-languages-allowed").value == ["python", "bash"]


def test_a_refusal_is_gone_after_the_next_edit(page):
    page.number_input(key="panel-lifecycle-max_seconds").set_value(60).run()
    page.number_input(key="panel-timeout-call_seconds").set_value(30).run()
    assert warnings(page) == []


def test_what_the_provider_cannot_hold_is_not_offered_and_said_why(page):
    assert page.pills(key="panel-languages-allowed").options == ["Python", "Bash"]
    reason = MATRIX["local"]["languages.javascript"].sentence
    assert any(reason in caption.value.replace("\\", "") for caption in page.caption)


def test_providers_that_cannot_be_used_are_listed_with_what_to_do(page):
    assert page.selectbox(key="panel-provider").options == ["This machine"]
    assert any("E2B_API_KEY" in caption.value.replace("\\", "") for caption in page.caption)


def test_each_control_says_when_a_change_holds(page):
    assert "next sandbox" in page.number_input(key="panel-resources-memory_mib").label
    assert "now" in page.number_input(key="panel-timeout-call_seconds").label


def test_undo_goes_back_to_the_version_before(page, conversation):
    page.number_input(key="panel-timeout-call_seconds").set_value(30).run()
    page.button(key="panel-undo").click().run()
    assert in_force(conversation) == Contract()
    assert conversation.snapshot().contract_version == 3


def test_a_first_version_has_nothing_to_undo(page):
    assert not [button for button in page.button if button.key == "panel-undo"]


def test_a_preset_is_put_in_force(page, conversation):
    page.menu_button(key="panel-preset").click(PRESETS[0].name).run()
    assert in_force(conversation) == PRESETS[0]


def test_a_contract_that_the_provider_cannot_hold_is_refused_with_its_sentence(page, conversation):
    for version, language in enumerate(("javascript", "python"), start=2):
        contract = Contract(languages=Languages(allowed=(language,)))
        conversation.tell(ContractChanged(version=version, contract=contract))
    page.run()
    page.button(key="panel-undo").click().run()
    assert in_force(conversation) == Contract()
    assert warnings(page) == [MATRIX["local"]["languages.javascript"].sentence]


def test_clauses_that_wait_are_named_beside_a_button_that_starts_a_new_sandbox(page, conversation):
    conversation.ask("What is the mean?")
    conversation.play()
    page.run()
    page.number_input(key="panel-resources-memory_mib").set_value(2_048).run()
    assert any("Waiting for the next sandbox: Resources" in caption.value for caption in page.caption)
    page.button(key="panel-restart").click().run()
    assert conversation.snapshot().sandbox.phase == "none"


def test_an_edit_in_the_middle_of_a_turn_neither_stops_nor_doubles_it(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(8)
    page.number_input(key="panel-timeout-call_seconds").set_value(30).run()
    conversation.play()
    page.run()
    assert conversation.stopped == 0
    assert in_force(conversation).timeout.call_seconds == 30
    assert sum("Gentoo penguins are the heaviest" in text.value for text in page.markdown) == 1


def test_an_edit_from_elsewhere_is_shown_by_the_controls(page, conversation):
    conversation.amend(Contract(name="Mine").model_copy(update={"timeout": PRESETS[0].timeout}))
    page.run()
    assert page.number_input(key="panel-timeout-call_seconds").value == PRESETS[0].timeout.call_seconds


def test_the_drawer_amends_too_and_stays_open_while_a_turn_runs(page, conversation):
    page.button(key="open-contract").click().run()
    page.number_input(key="drawer-timeout-call_seconds").set_value(30).run()
    assert in_force(conversation).timeout.call_seconds == 30
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(8)
    page.run()
    assert page.number_input(key="drawer-timeout-call_seconds").value == 30
    assert not page.exception


def test_a_bounded_control_is_shown_as_bounded_and_by_whom(scripted, conversation):
    """Its greatest value, the choices that are left and a line under it are the operator's."""
    conversation.ceiling = Ceiling.model_validate(
        {
            "provider": ["local"],
            "resources": {"memory_mib": 2_048},
            "filesystem": {"storage": ["ephemeral"]},
            "languages": {"allowed": ["python"]},
        }
    )
    page = open_page(conversation)
    assert page.number_input(key="panel-resources-memory_mib").max == 2_048
    assert page.number_input(key="panel-resources-processes").max == 4_096
    assert len(page.selectbox(key="panel-filesystem-storage").options) == 1
    said = [as_read(caption.value) for caption in page.caption]
    assert any("At most 2 GiB, set by the operator's policy" in text for text in said)
    assert any("Only this machine, set by the operator's policy" in text for text in said)
    assert not page.exception
