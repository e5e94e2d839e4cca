"""The contract page and the history page: whatever state there is, they show it, and what is clicked is done."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from agent_core.contract import MATRIX, PRESETS, Contract, Languages, Lifecycle, Timeout
from agent_core.contract.ceiling import Ceiling
from agent_core.contract.forms import from_markdown, from_yaml, to_markdown, to_yaml
from agent_core.events import CodeFinished, CodeStarted, ContractChanged, ContractDenied, SandboxOpened, TurnEnded
from agent_core.files.samples import SAMPLES
from agent_core.session.audit import AuditEntry
from components import units
from components.audit_filter import Wanted, chosen
from components.contract_exchange import exports
from components.places import CONTRACT, FILES, HISTORY, Place
from tests.screen import turns
from tests.screen.conftest import APP, as_read
from tests.screen.scripted import ScriptedConversation

HOSTILE = "<img src=x onerror=alert(1)> | $5 [a](http://evil.example) ![b](http://evil.example/c.png) :material/home:"
THIRTY = Contract(timeout=Timeout(call_seconds=30))


def visit(place: Place, conversation: ScriptedConversation) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30)
    app.query_params["c"] = conversation.id
    app.switch_page(f"../pages/{place.path.name}")
    app.run()
    assert not app.exception
    return app


def html(page: AppTest) -> str:
    return as_read("\n".join(element.proto.body for element in page.get("html")))


def words(page: AppTest) -> str:
    found = [*page.main.markdown, *page.main.caption, *page.main.warning]
    return as_read("\n".join(element.value for element in found))


def versions(conversation: ScriptedConversation) -> list[Contract]:
    return [one.event.contract for one in conversation.snapshot().events if isinstance(one.event, ContractChanged)]


@pytest.fixture
def used(conversation: ScriptedConversation) -> ScriptedConversation:
    """A conversation in which things happened."""
    conversation.ask("What is the mean?")
    conversation.play()
    conversation.ask("fail, please")
    conversation.play()
    conversation.amend(THIRTY)
    return conversation


@pytest.mark.parametrize("place", [CONTRACT, FILES, HISTORY], ids=["contract", "files", "history"])
def test_a_page_shows_a_fresh_a_busy_and_a_used_conversation(conversation, place):
    visit(place, conversation)
    conversation.ask("What is the mean?")
    conversation.play(8)
    visit(place, conversation)
    conversation.play()
    conversation.amend(THIRTY)
    visit(place, conversation)


@pytest.mark.parametrize("place", [CONTRACT, HISTORY], ids=["contract", "history"])
def test_no_name_and_no_title_becomes_markup(scripted, place):
    conversation = scripted.create("local", Contract(name=HOSTILE[:80]))
    conversation.title = HOSTILE
    conversation.amend(THIRTY, by=HOSTILE)
    conversation.tell(ContractDenied(clause=HOSTILE, error="timeout", message=HOSTILE, version=1))
    page = visit(place, conversation)
    assert "<img" not in html(page)
    assert "&lt;img" in html(page)
    assert "![b]" not in "".join(element.value for element in [*page.main.markdown, *page.main.caption])


def test_the_document_says_each_term_and_how_this_provider_holds_it(conversation):
    page = visit(CONTRACT, conversation)
    assert "Time limit for a call" in html(page)
    assert MATRIX["local"]["timeout.call_seconds"].sentence in html(page)
    assert "Code runs alone on this machine" in words(page)


def test_every_provider_is_in_the_matrix(conversation):
    table = html(visit(CONTRACT, conversation))
    assert all(f'<th scope="col">{name}</th>' in table for name in ("This machine", "E2B", "Daytona", "Claude"))


def test_the_versions_say_who_changed_what_and_the_last_two_are_compared(used):
    page = visit(CONTRACT, used)
    assert "The time limit for a call went from 60 s to 30 s." in html(page)
    assert html(page).count('<tr class="changed">') == 1
    page.toggle(key="changes-only").set_value(False).run()
    assert html(page).count('<tr class="changed">') == 1
    assert html(page).count("Memory limit") == 2


def test_any_two_versions_can_be_compared(used):
    used.amend(PRESETS[0])
    page = visit(CONTRACT, used)
    page.selectbox(key="compare-3").set_value(1).run()
    page.selectbox(key="with-3").set_value(2).run()
    assert html(page).count('<tr class="changed">') == 1
    page.selectbox(key="with-3").set_value(1).run()
    assert "Versions 1 and 1 say the same." in words(page)


def test_a_version_is_put_back_in_force_as_a_new_one(used):
    page = visit(CONTRACT, used)
    page.button(key="put-back").click().run()
    assert versions(used) == [Contract(), THIRTY, Contract()]
    assert used.snapshot().contract_version == 3
    assert not page.exception


def test_a_version_that_cannot_be_held_any_more_is_refused_where_it_is_put_back(conversation):
    conversation.tell(ContractChanged(version=2, contract=Contract(languages=Languages(allowed=("r",)))))
    conversation.tell(ContractChanged(version=3, contract=Contract()))
    page = visit(CONTRACT, conversation)
    page.selectbox(key="compare-1").set_value(2).run()
    page.button(key="put-back").click().run()
    assert MATRIX["local"]["languages.r"].sentence in words(page)
    assert versions(conversation)[-1] == Contract()


def test_exports_parse_back_and_the_printed_page_stands_alone(used):
    page = visit(CONTRACT, used)
    assert [button.label for button in page.download_button] == ["YAML", "Markdown", "HTML to print"]
    yaml, markdown, printed = exports(THIRTY, 2, "What is the mean?", datetime.now(UTC))
    assert from_yaml(yaml.data.decode()) == THIRTY
    assert from_markdown(markdown.data.decode()) == THIRTY
    assert printed.data.startswith(b"<!doctype html>")
    assert [export.name for export in (yaml, markdown, printed)] == [
        "team-analysis-v2.yaml",
        "team-analysis-v2.md",
        "team-analysis-v2.html",
    ]


@pytest.mark.parametrize("name", ["../../etc/passwd", "😀", "a\r\nSet-Cookie: x", 'x".html'])
def test_no_name_of_a_contract_is_a_path_or_a_header(name):
    for export in exports(Contract(name=name), 1, "", datetime.now(UTC)):
        assert re.fullmatch(r"[a-z0-9-]+-v1\.(yaml|md|html)", export.name)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.yaml", b"timeout: {call_seconds: 99999999}", "86400"),
        ("a.yaml", b"timeout: [", "Line"),
        ("a.yaml", b"\xff\xfe\x00", "The file is not text in UTF-8."),
        ("a.yaml", b"x" * 500_000, "The text is too long for a contract."),
        ("a.md", b"# Nothing here", "The page holds no table"),
        ("a.yaml", b"!!python/object/apply:os.system ['true']", ""),
        ("a.yaml", b"", ""),
    ],
)
def test_a_bad_file_is_told_in_plain_words_and_changes_nothing(conversation, name, content, told):
    page = visit(CONTRACT, conversation)
    page.file_uploader(key="import-1").upload(name, content).run()
    assert not page.exception
    assert told in words(page)
    if told:
        assert "is not a contract" in words(page)
    assert versions(conversation) == [Contract()]


@pytest.mark.parametrize(("name", "write"), [("c.yaml", to_yaml), ("c.yml", to_yaml), ("c.MD", to_markdown)])
def test_a_file_shows_what_it_would_change_and_then_comes_into_force(conversation, name, write):
    page = visit(CONTRACT, conversation)
    page.file_uploader(key="import-1").upload(name, write(PRESETS[0]).encode()).run()
    assert versions(conversation) == [Contract()]
    assert "In force: version 1" in html(page)
    assert "“Locked down”" in html(page)
    page.button(key="import-adopt").click().run()
    assert versions(conversation) == [Contract(), PRESETS[0]]
    assert not page.exception


def test_the_contract_in_force_need_not_be_taken_in_again(conversation):
    page = visit(CONTRACT, conversation)
    page.file_uploader(key="import-1").upload("c.yaml", to_yaml(Contract()).encode()).run()
    assert "This is the contract in force." in words(page)


def test_a_file_that_the_provider_cannot_hold_is_refused_at_the_button(conversation):
    asked = Contract(languages=Languages(allowed=("r",)))
    page = visit(CONTRACT, conversation)
    page.file_uploader(key="import-1").upload("c.yaml", to_yaml(asked).encode()).run()
    page.button(key="import-adopt").click().run()
    assert MATRIX["local"]["languages.r"].sentence in words(page)
    assert versions(conversation) == [Contract()]


def test_a_preset_shows_what_it_would_change_and_then_comes_into_force(conversation):
    page = visit(CONTRACT, conversation)
    page.selectbox(key="start-1").set_value("Open research").run()
    page.button(key="start-adopt").click().run()
    assert versions(conversation)[-1].name == "Open research"


def test_history_finds_conversations_by_title(scripted, used):
    other = scripted.create("local")
    other.title = "Weather in Oslo"
    page = visit(HISTORY, used)
    assert [button.key for button in page.button if button.key.startswith("go-")] == [f"go-{other.id}", f"go-{used.id}"]
    page.text_input(key="search").set_value("oslo").run()
    assert [button.key for button in page.button if button.key.startswith("go-")] == [f"go-{other.id}"]
    page.text_input(key="search").set_value("nowhere").run()
    assert "No conversation holds all of these words." in words(page)


def test_a_conversation_is_deleted_only_after_a_question_that_names_it(scripted, used):
    page = visit(HISTORY, used)
    page.menu_button(key=f"acts-{used.id}").click("Delete").run()
    assert any("goes for good" in text.value and "What is the mean" in text.value for text in page.markdown)
    assert used.id in scripted.all
    assert not page.exception


def test_a_pinned_conversation_stands_first(scripted, used):
    scripted.create("local").title = "Weather in Oslo"
    page = visit(HISTORY, used)
    page.menu_button(key=f"acts-{used.id}").click("Pin").run()
    assert scripted.library.pinned == {used.id: True}
    assert next(button.key for button in page.button if button.key.startswith("go-")) == f"go-{used.id}"
    page.menu_button(key=f"acts-{used.id}").click("Unpin").run()
    assert [button.key for button in page.button if button.key.startswith("go-")][-1] == f"go-{used.id}"


def test_nobody_sees_what_is_not_theirs(scripted, conversation):
    other = scripted.create("somebody else")
    other.title = "Secret plans"
    other.tell(ContractDenied(clause="network", error="network_denied", message="Secret host", version=1))
    other.tell(turns.opened())
    page = visit(HISTORY, conversation)
    assert "Secret" not in words(page) + html(page)
    assert "Nothing was denied and no contract was changed yet." in words(page)
    assert "Nothing was used yet." in words(page)


def test_the_audit_lists_denials_and_changes_and_filters_them(scripted, used):
    for title in ("Other", "Same", "Same"):
        other = scripted.create("local")
        other.title = title
        other.amend(PRESETS[0])
    page = visit(HISTORY, used)
    assert "5 entries" in words(page)
    page.pills(key="audit-kinds").set_value(["denied"]).run()
    assert "1 entry" in words(page)
    assert "Denied: Network" in html(page)
    page.pills(key="audit-kinds").set_value([]).run()
    page.multiselect(key="audit-clauses").set_value(["timeout"]).run()
    assert "4 entries" in words(page)
    page.selectbox(key="audit-conversation").set_value("Other").run()
    assert "1 entry" in words(page)
    page.selectbox(key="audit-conversation").set_value("Same").run()
    assert "2 entries" in words(page), "what is called the same can't be told apart, and is chosen together"
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    page.date_input(key="audit-days").set_value((tomorrow, tomorrow)).run()
    assert "0 entries" in words(page)
    assert not page.exception


def test_days_are_those_of_the_persons_clock(used):
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    entry = AuditEntry(late, "denied", "c1", "", 1, ("network",), "No.", 1)
    second = Wanted(first=date(2026, 3, 2), last=date(2026, 3, 2))
    assert chosen([entry], second, UTC) == ()
    assert chosen([entry], second, ZoneInfo("Europe/Oslo")) == (entry,)


def test_spend_is_told_by_day_and_by_conversation(conversation):
    began = datetime.now(UTC) - timedelta(seconds=100)
    means = {"provider": "e2b", "vcpus": 2, "memory_mib": 1024, "rate_card": "e2b", "contract_version": 1}
    conversation.title = "Penguins"
    conversation.tell(SandboxOpened.model_validate({"at": began, "sandbox": "s", **means}))
    ended = {"turn": "t", "outcome": "done", "seconds": 1, "input_tokens": 1_200, "output_tokens": 34}
    conversation.tell(TurnEnded.model_validate({**ended, "model_cost_usd": "0.25"}))
    page = visit(HISTORY, conversation)
    assert [metric.label for metric in page.metric] == ["Spent", "Sandbox time", "Tokens"]
    assert page.metric[2].value == "1,234"
    assert "Penguins" in html(page)
    assert "$0.25" in html(page)


def test_pages_are_linked_with_the_conversation_that_is_open(conversation):
    page = visit(CONTRACT, conversation)
    links = page.sidebar.get("page_link")
    assert [link.proto.label for link in links] == ["Chat", "Files", "Contract", "Validate", "History"]
    assert {link.proto.query_string for link in links} == {f"c={conversation.id}"}


def test_a_resting_sandbox_says_when_it_closes_and_is_extended(page, conversation):
    conversation.ask("What is the mean?")
    conversation.play()
    conversation._used_at -= timedelta(seconds=600)
    page.run()
    assert "Closes in 5 min" in words(page)
    page.button(key="panel-extend").click().run()
    assert re.search(r"Closes in 1[45] min", words(page))
    conversation.amend(Contract(lifecycle=Lifecycle(idle_seconds=900, max_seconds=900)))
    page.run()
    assert "Closes in" in words(page)
    assert not [button for button in page.button if button.key == "panel-extend"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0 s"), (1, "1 s"), (119, "119 s"), (121, "2 min"), (3_700, "62 min"), (7_300, "2 h")]
)
def test_the_time_that_is_left_is_said_in_words_that_fit(seconds, said):
    assert as_read(units.remaining(datetime.now(UTC) + timedelta(seconds=seconds))) == said


def test_a_denial_that_a_run_ended_with_is_said_once_with_clause_and_version(page, conversation):
    message = "The call was stopped after 2.0 s: the contract allows 2 s a call."
    conversation.tell(CodeStarted(turn="t", run="r", code="while True: pass", language="python", contract_version=3))
    conversation.tell(CodeFinished(turn="t", run="r", exit_code=1, seconds=2, error="timeout", message=message))
    denied = ContractDenied(turn="t", clause="timeout", error="timeout", message=message, version=3)
    conversation.tell(denied)
    page.run()
    assert words(page).count(message) == 1
    assert "**Time-out clause, contract version 3.**" in words(page)
    conversation.tell(denied)
    page.run()
    assert words(page).count(message) == 2, "a second denial is another fact"


def test_a_denial_that_a_turn_ended_with_is_said_once(page, conversation):
    message = "The budget of this day is used up."
    conversation.tell(ContractDenied(turn="t", clause="billing", error="budget_exhausted", message=message, version=2))
    conversation.tell(TurnEnded(turn="t", outcome="failed", error="budget_exhausted", message=message, seconds=1))
    page.run()
    assert words(page).count(message) == 1
    assert "**Budget clause, contract version 2.**" in words(page)


def test_the_document_says_what_the_operator_allows(conversation):
    conversation.ceiling = Ceiling.model_validate({"timeout": {"call_seconds": 90}})
    assert "Allowed: at most 90 s" in html(visit(CONTRACT, conversation))


def test_all_files_of_a_conversation_stand_in_one_place(conversation):
    """With size, kind, run and question; a page that has none says so."""
    assert "This conversation has no files yet" in words(visit(FILES, conversation))
    conversation.add_sample(SAMPLES[0].name)
    conversation.ask(f"What is the mean of {HOSTILE}?")
    conversation.play()
    page = visit(FILES, conversation)
    assert [button.proto.label for button in page.get("download_button")] == ["Download all", *["Download"] * 6]
    told = words(page)
    assert "Mean body mass by species.html" in told
    assert "means.csv :small[:gray[1.3 kB]]" in told
    assert "Chart from run 1" in told
    assert "Your file, as you gave it" in told
    assert all("](http" not in one.value for one in page.main.caption)
