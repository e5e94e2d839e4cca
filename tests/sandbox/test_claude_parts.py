"""An answer's events become parts, whatever they hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_core.sandbox.answering import Piece, Returned, Running, Spent, Whole, Writing
from agent_core.sandbox.claude.parts import Answer, program

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(
    [
        "type",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_start",
        "message_delta",
        "message",
        "usage",
        "delta",
        "content_block",
        "text",
        "text_delta",
        "thinking",
        "server_tool_use",
        "id",
        "input",
        "name",
        "content",
        "return_code",
        "stdout",
        "container",
        "bash_code_execution_tool_result",
        "input_json_delta",
        "partial_json",
        "error_code",
        "file_id",
        "stop_reason",
    ]
)
events = st.dictionaries(
    words, words | json_values | st.dictionaries(words, words | json_values, max_size=4), max_size=5
)


@given(st.lists(events, max_size=6))
@settings(deadline=None)
def test_no_event_breaks_it(happened):
    """What is not understood is passed over."""
    answer = Answer()
    for event in happened:
        list(answer.parts(event))
    list(answer.broken_off())


def heard(*happened):
    answer = Answer()
    return answer, [part for event in happened for part in answer.parts(event)]


def block(start, *deltas):
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}


def returned(content):
    kind = "bash_code_execution_tool_result"
    _, parts = heard(*block({"type": kind, "tool_use_id": "t", "content": content}))
    return parts[0]


def test_a_text_comes_in_pieces_and_whole():
    answer, parts = heard(*block({"type": "text", "text": ""}, *({"type": "text_delta", "text": t} for t in "ab")))
    assert parts == [Piece("text", "a"), Piece("text", "b"), Whole("text", "ab")]
    assert (answer.spoke, answer.blocks) == (True, [{"type": "text", "text": "ab"}])


def test_a_command_is_written_and_then_runs():
    use = {"type": "server_tool_use", "id": "t", "name": "bash_code_execution", "input": {}}
    halves = ('{"comm', 'and": "ls"}')
    answer, parts = heard(*block(use, *({"type": "input_json_delta", "partial_json": one} for one in halves)))
    assert parts == [Writing("", begins=True), Writing(halves[0]), Writing(halves[1]), Running("t", "ls", "bash")]
    assert answer.blocks == [{**use, "input": {"command": "ls"}}]
    (broken,) = answer.broken_off()
    assert (broken.id, broken.error) == ("t", "provider_unavailable")
    assert list(answer.broken_off()) == []


def test_usage_is_counted_once():
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 7, "output_tokens": 1}}}
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}
    answer, parts = heard(start, end)
    assert parts == [Spent(calls=1, input=7), Spent(output=9)]
    assert answer.stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"return_code": 0, "stdout": "a", "stderr": ""}, Returned("t", "a")),
        ({"return_code": 2, "stderr": "x\nls: no\n"}, Returned("t", "", "x\nls: no\n", 2, (), "code_error", "ls: no")),
        ({"return_code": 3}, Returned("t", "", "", 3, (), "code_error", "The command ended with exit code 3.")),
        ({"type": "text_editor_code_execution_create_result", "is_file_update": False}, Returned("t")),
        ({"content": "the file's text"}, Returned("t", "the file's text")),
    ],
)
def test_a_result(content, expected):
    assert returned(content) == expected


@pytest.mark.parametrize("content", [{"return_code": 137}, {"return_code": 1, "stderr": "a\nMemoryError: no\n"}])
def test_a_killed_command_most_likely_ran_out_of_memory(content):
    assert returned(content).error == "out_of_memory"


def test_files_that_are_none_are_passed_over():
    listed = [{"file_id": "file_1"}, {"file_id": 2}, "file_3", {"file_id": "x" * 200}]
    assert returned({"return_code": 0, "content": listed}).files == ("file_1",)
    assert len(returned({"return_code": 0, "content": [{"file_id": str(n)} for n in range(99)]}).files) == 20


@pytest.mark.parametrize(
    ("given", "code", "language"),
    [
        ({"command": "ls"}, "ls", "bash"),
        ({"code": "1 + 1"}, "1 + 1", "python"),
        ({"command": "create", "path": "/a.py", "file_text": "x"}, "# /a.py\nx", "python"),
        ({"command": "view", "path": "/a.txt"}, "cat /a.txt", "bash"),
        (
            {"command": "str_replace", "path": "a.txt", "old_str": "1", "new_str": "2"},
            "# a.txt: replace\n1\n# by\n2",
            "bash",
        ),
        ({"command": 3}, "", "bash"),
    ],
)
def test_what_a_command_does_is_shown_as_code(given, code, language):
    assert program(given) == (code, language)
