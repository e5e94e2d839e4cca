"""A conversation is called by what is in it: its first file, then its first question."""

import pytest

from agent_core.session.titles import LONGEST, title
from tests.session.conftest import ask, file, settle


def shown(deployment, conversation) -> str:
    return next(one.title for one in deployment.conversations(conversation.owner) if one.id == conversation.id)


def test_a_conversation_that_only_holds_files_is_called_by_the_first(shared, conversation) -> None:
    conversation.upload([file("birds.csv", b"a,b\n1,2\n"), file("trees.csv", b"a,b\n1,2\n")])
    settle(conversation)
    conversation.upload([file("rivers.csv", b"a,b\n1,2\n")])
    settle(conversation)
    assert shown(shared, conversation) == "birds.csv"


def test_its_first_question_gives_it_another_name_and_later_files_do_not(shared, conversation) -> None:
    conversation.upload([file("birds.csv", b"a,b\n1,2\n")])
    settle(conversation)
    ask(conversation, "How many rows are there?")
    conversation.upload([file("trees.csv", b"a,b\n1,2\n")])
    settle(conversation)
    assert shown(shared, conversation) == "How many rows are there?"


@pytest.mark.parametrize(
    ("text", "names", "called"),
    [
        ("```python\nimport os\nprint(os.getcwd())\n```", [], "Python code"),
        ("```\nprint(1)\n```", ["birds.csv"], "Python code for birds.csv"),
        ("```bash\nls -l", [], "Bash code"),
        ("~~~js\nconsole.log(1)\n~~~", [], "JavaScript code"),
        ("```python\nimport pandas as pd\n# Sales by   city\nprint(1)\n```", [], "Sales by city"),
        ("```python\n#!/usr/bin/env python\nx = 1  # not this\n```", [], "Python code"),
        ("Explain this:\n```python\nimport os\n```", [], "Explain this"),
        ("What does\n```\nx = 1\n```\ndo?", [], "What does do?"),
        ("  ", ["birds.csv", "trees.csv"], "birds.csv, trees.csv"),
        ("", [], "New conversation"),
    ],
)
def test_code_gives_no_name_but_what_it_says_of_itself(text: str, names: list[str], called: str) -> None:
    assert title(text, names) == called


def test_a_name_is_no_longer_than_a_line() -> None:
    assert len(title("word " * 40, [])) <= LONGEST
    assert len(title(f"```python\n# {'word ' * 40}\n```", [])) <= LONGEST
