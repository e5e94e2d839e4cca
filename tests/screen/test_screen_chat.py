"""What the person does on the chat page reaches the session, and what the session holds is what is shown."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from agent_core.contract.words import NO_BREAK
from agent_core.events import CodeFinished, FileRefused, FileRemoved, FileUploaded, UserAsked
from tests.screen import turns
from tests.screen.conftest import APP, open_page
from tests.screen.scripted import SUGGESTIONS, ScriptedConversation, ScriptedDeployment


def asked(conversation: ScriptedConversation) -> list[str]:
    events = [stored.event for stored in conversation.snapshot().events]
    return [event.text for event in events if isinstance(event, UserAsked)]


def words(page: AppTest) -> str:
    found = [*page.main.markdown, *page.main.caption, *page.main.warning]
    return "\n".join(element.value for element in found).replace(NO_BREAK, " ")


def without_clock(text: str) -> str:
    """The words without the meter's time, which goes on between two readings."""
    return re.sub(r":gray\[[\w ]+\]|Closes in \d+ \w+", "", text)


def test_a_message_opens_a_turn_and_is_shown(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    assert asked(conversation) == ["What is the mean?"]
    assert not page.exception
    assert "What is the mean" in words(page)


def test_the_answer_is_shown_when_the_turn_is_over(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play()
    page.run()
    assert "Gentoo penguins are the heaviest" in words(page)
    assert not page.exception


def test_while_a_turn_runs_the_draft_is_shown(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(6)
    page.run()
    assert "Let me compute" in words(page)


def test_what_is_sent_while_a_turn_runs_waits_and_is_asked_when_it_is_over(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(6)
    page.chat_input[0].set_value("And a short one").run()
    page.chat_input[0].upload("b.csv", b"x\n1\n").set_value("with a file").run()
    assert asked(conversation) == ["What is the mean?"]
    assert any("Next: And a short one with a file" in caption.value for caption in page.caption)
    conversation.play()
    page.run()
    assert asked(conversation) == ["What is the mean?", "And a short one\nwith a file"]
    conversation.play()
    page.run()
    assert len(asked(conversation)) == 2
    assert not [caption for caption in page.caption if "Next:" in caption.value]


@pytest.mark.parametrize("key", ["take-back", "stop"])
def test_what_waits_goes_back_into_the_composer(page, conversation, key):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(6)
    page.chat_input[0].set_value("The next one").run()
    page.button(key=key).click().run()
    assert page.chat_input[0].proto.value == "The next one"
    conversation.play()
    page.run()
    assert asked(conversation) == ["What is the mean?"]
    assert not page.exception


def test_what_waits_is_kept_while_another_conversation_is_looked_at(scripted, page, conversation):
    other = scripted.create("local")
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(6)
    page.chat_input[0].set_value("The next one").run()
    page.button(key=f"open-{other.id}").click().run()
    assert asked(other) == []
    conversation.play()
    page.button(key=f"open-{conversation.id}").click().run()
    assert asked(conversation) == ["What is the mean?", "The next one"]


def test_code_is_shown_while_it_is_being_written(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(16)
    page.run()
    assert [status.label for status in page.expander if status.label.startswith("Writing")] == ["Writing Python"]


def test_running_code_shows_its_output_once_and_only_in_the_live_part(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(26)
    page.run()
    assert sum(code.value == turns.CODE.strip() for code in page.code) == 1
    assert any(code.value.startswith("read chunk 0") for code in page.code)


def test_stop_stops_the_turn(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(6)
    page.run()
    page.button(key="stop").click().run()
    assert conversation.stopped == 1
    assert "Stopped after" in words(page)


def test_a_rerun_in_the_middle_of_a_turn_neither_stops_nor_doubles_it(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    for _ in range(3):
        conversation.play(4)
        page.run()
    conversation.play()
    page.run()
    assert conversation.stopped == 0
    assert len(asked(conversation)) == 1
    assert words(page).count("Gentoo penguins are the heaviest") == 1


def test_a_second_tab_shows_the_same_as_the_first(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play()
    page.run()
    again = open_page(conversation)
    assert without_clock(words(again)) == without_clock(words(page))
    assert [code.value for code in again.code] == [code.value for code in page.code]
    assert [fold.label for fold in again.expander] == [fold.label for fold in page.expander]


def test_live_and_replayed_events_draw_alike(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    while conversation.snapshot().busy:
        conversation.play(1)
        page.run()
        assert not page.exception
    assert without_clock(words(open_page(conversation))) == without_clock(words(page))


def test_files_that_come_with_a_message_come_in_or_are_refused_in_plain_words(page, conversation):
    composer = page.chat_input[0]
    composer.upload("a.csv", b"x,y\n1,2\n").upload("huge.csv", b"x")
    composer.set_value("A short question").run()
    events = [stored.event for stored in conversation.snapshot().events]
    assert [event.upload.name for event in events if isinstance(event, FileUploaded)] == ["a.csv"]
    assert [event.name for event in events if isinstance(event, FileRefused)] == ["huge.csv"]
    assert "huge\\.csv was not taken" in words(page)
    assert "344 rows × 4 columns" in words(page)


def test_files_alone_are_uploaded_without_a_question(page, conversation):
    page.chat_input[0].upload("a.csv", b"x,y\n1,2\n").run()
    assert asked(conversation) == []
    assert any(isinstance(stored.event, FileUploaded) for stored in conversation.snapshot().events)


def test_the_first_run_says_what_this_is_and_offers_files_and_samples(page):
    assert "ring-fenced sandbox" in words(page)
    assert page.file_uploader
    assert page.button(key="sample-penguins")


def test_a_sample_comes_in_with_a_click_and_questions_follow(page, conversation):
    page.button(key="sample-penguins").click().run()
    assert conversation.snapshot().suggestions == SUGGESTIONS
    assert [button.label.replace("\\", "") for button in page.button if button.key.startswith("suggestion-")] == list(
        SUGGESTIONS
    )


def test_a_suggestion_asks_at_once(page, conversation):
    page.button(key="sample-penguins").click().run()
    next(button for button in page.button if button.key.startswith("suggestion-")).click().run()
    assert asked(conversation) == [SUGGESTIONS[0]]


def test_uploads_of_the_first_run_come_in_once(page, conversation):
    page.file_uploader[0].upload("a.csv", b"x,y\n1,2\n").run()
    page.run()
    uploads = [stored for stored in conversation.snapshot().events if isinstance(stored.event, FileUploaded)]
    assert len(uploads) == 1


def test_only_the_last_turns_are_drawn_until_earlier_ones_are_asked_for(page, conversation):
    for number in range(15):
        conversation.ask(f"A short question, number {number}")
        conversation.play()
    page.run()
    assert "number 14" in words(page)
    assert "number 2" not in words(page)
    page.button(key="earlier").click().run()
    assert "number 2" in words(page)
    assert not [button for button in page.button if button.key == "earlier"]


def test_a_conversation_that_is_not_the_persons_own_is_not_opened(scripted: ScriptedDeployment):
    other = scripted.create("somebody else")
    other.ask("A short secret")
    other.play()
    page = open_page(other)
    assert "secret" not in words(page)
    assert page.query_params["c"] != [other.id]


def test_an_address_without_a_conversation_opens_an_unused_one(scripted: ScriptedDeployment):
    app = AppTest.from_file(APP, default_timeout=30)
    app.run()
    app.run()
    AppTest.from_file(APP, default_timeout=30).run()
    assert len(scripted.all) == 1


def test_the_sidebar_opens_another_conversation_and_a_new_one(page, conversation, scripted: ScriptedDeployment):
    conversation.ask("A short question")
    conversation.play()
    page.run()
    page.button(key="new-conversation").click().run()
    page.button(key="new-conversation").click().run()
    assert len(scripted.all) == 2
    assert "short question" not in words(page)
    page.button(key=f"open-{conversation.id}").click().run()
    assert "short question" in words(page)


def test_the_built_in_analyst_is_named_as_what_it_is(page):
    assert any("Built-in analyst" in caption.value for caption in page.sidebar.caption)


@pytest.mark.parametrize("text", ["Please fail", "hostile", "short", "everything"])
def test_no_turn_makes_the_page_fail(page, conversation, text):
    page.chat_input[0].set_value(text).run()
    conversation.play()
    page.run()
    assert not page.exception


def test_a_file_is_taken_out_with_a_click_and_can_be_taken_out_once(page, conversation):
    page.button(key="sample-penguins").click().run()
    next(button for button in page.button if button.key.startswith("remove-")).click().run()
    assert isinstance(conversation.snapshot().events[-1].event, FileRemoved)
    assert not [button for button in page.button if button.key.startswith("remove-")]


def test_no_file_can_be_taken_out_while_a_turn_runs(page, conversation):
    page.button(key="sample-penguins").click().run()
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(6)
    page.run()
    assert not [button for button in page.button if button.key.startswith("remove-")]


def test_a_question_can_be_asked_differently_in_a_copy(scripted, conversation, page):
    """The fork begins before the question, which waits in the composer of the new conversation."""
    conversation.ask("What is the mean?")
    conversation.play()
    asked = next(stored.seq for stored in conversation.snapshot().events if isinstance(stored.event, UserAsked))
    scripted.library.fork_to = scripted.create("local").id
    page.run()
    page.button(key=f"fork-at-{asked}").click().run()
    assert scripted.library.forks == [(conversation.id, asked - 1)]
    assert page.query_params["c"] == scripted.library.fork_to
    assert not page.exception


def test_a_conversation_can_be_taken_away_once_something_was_asked(page, conversation):
    """Nothing to take from an empty one; then each form is offered by name, with what it is for."""
    assert not [button for button in page.get("download_button") if "take-" in button.proto.id]
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play()
    page.run()
    offered = [button.proto.label for button in page.get("download_button") if "take-" in button.proto.id]
    assert offered == ["Report", "Jupyter notebook", "Python script", "Markdown", "Everything"]
    assert not page.exception


def test_a_table_that_was_cut_says_so(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play()
    page.run()
    files = [button.proto.label for button in page.get("download_button") if "table." in button.proto.id]
    assert [label.split(",")[0] for label in files] == ["CSV", "Excel", "Parquet"]
    assert "The files hold the first" not in words(page)
    cut = turns.artifacts(conversation)[1].model_copy(update={"full_data_rows": 2})
    conversation.tell(CodeFinished(turn="t", run="r", exit_code=0, seconds=1, artifacts=(cut,)))
    page.run()
    assert "The files hold the first 2 of 3 rows" in words(page)


def test_a_runs_code_is_edited_or_explained_from_its_fold(page, conversation):
    """Editing opens the code as it ran; explaining asks."""
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play(26)
    page.run()
    assert all(button.disabled for button in page.button if button.key.startswith(("edit-", "explain-")))
    conversation.play()
    page.run()
    (edit,) = [button for button in page.button if button.key.startswith("edit-")]
    edit.click().run()
    (code,) = page.text_area
    assert code.value == turns.CODE.rstrip()
    (explain,) = [button for button in page.button if button.key.startswith("explain-")]
    explain.click().run()
    assert asked(conversation)[-1].startswith("Explain this code step by step, in plain words:\n\n```python\n")
    assert not page.exception


def test_the_fold_says_what_a_run_has_taken_and_cost(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play()
    page.run()
    assert "1.2 s in the sandbox, free" in words(page)


def test_variables_are_shown_by_name_type_and_size(page, conversation):
    page.chat_input[0].set_value("What is the mean?").run()
    conversation.play()
    page.run()
    page.button(key="variables").click().run()
    assert any(
        "<b>table</b>".replace("<", "&lt;").replace(">", "&gt;") in element.proto.body for element in page.get("html")
    )
    assert not page.exception
