"""Small requests that a client makes besides the conversation: titles, checks of the quota."""

import json
from collections.abc import Mapping
from typing import Any

from agent_core.analyst.briefing import announce_again, files_now
from agent_core.analyst.dialogue import Dialogue
from agent_core.analyst.reply import Reply

_TITLE_WORDS = 6
_TINY = 16
_QUESTIONS = 10


def side_answer(body: Mapping[str, Any], dialogue: Dialogue) -> Reply:
    """A sensible short answer where there is no question about data or no tool to answer it with."""
    asked = json.dumps([body.get("system"), body.get("messages")], ensure_ascii=False, default=str).lower()
    limit = body.get("max_tokens")
    if isinstance(limit, int) and limit <= _TINY:
        return Reply("OK")
    if "title" in asked:
        title = _title(dialogue)
        return Reply(json.dumps({"title": title}) if _wants_json(body, asked) else title)
    if not dialogue.turns:
        return Reply("There is no question yet.")
    return Reply("I can only work with the code tool, and this request doesn't offer it.")


def is_summary_request(text: str) -> bool:
    """Whether the client wants the conversation summed up, because it has become long."""
    return "<summary>" in text and "summary" in text.replace("<summary>", "").lower()


def summary(dialogue: Dialogue) -> Reply:
    """What has to be carried on: the files that are there, and the last questions."""
    notes = [note for turn in dialogue.turns for note in turn.notes]
    asked = [turn.question for turn in dialogue.turns[:-1] if turn.question][-_QUESTIONS:]
    lines = [announce_again(list(files_now(notes).values())), "The last questions were:", *asked]
    return Reply("<summary>\n" + "\n".join(lines) + "\n</summary>")


def _title(dialogue: Dialogue) -> str:
    words = dialogue.turns[0].question.split() if dialogue.turns else []
    return " ".join(words[:_TITLE_WORDS])[:60] or "Data analysis"


def _wants_json(body: Mapping[str, Any], asked: str) -> bool:
    return "json" in asked or "output_config" in body or "output_format" in body
