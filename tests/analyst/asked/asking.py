"""The questions, put to the analyst's own endpoint; its code runs in the local sandbox."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from starlette.testclient import TestClient

from agent_core.analyst.api import create_app
from agent_core.analyst.reply import Call, Reply
from agent_core.events import FileProfile, Upload
from agent_core.files.briefing import brief
from agent_core.files.profiler import parse_profile, profile_code
from tests.analyst.asked.score import Said, Verdict, kind, verdict
from tests.analyst.asked.sets import Conversation, Source
from tests.analyst.running import Box, Chat

_GAVE_UP = ("You could ask:", "I have no answer to this question", "upload a table first")


@dataclass(frozen=True)
class Scored:
    """One question, what was answered, and what that was worth."""

    conversation: Conversation
    turn: dict[str, Any]
    said: Said
    verdict: Verdict

    @property
    def kind(self) -> str:
        return kind(self.turn)


class Endpoint:
    """The analyst's endpoint, reached as any client would reach it."""

    def __init__(self) -> None:
        self._client = TestClient(create_app(0))

    def __call__(self, body: dict[str, Any]) -> Reply:
        answer = self._client.post("/v1/messages", json=body).raise_for_status().json()
        text = "".join(block["text"] for block in answer["content"] if block["type"] == "text")
        calls = [block["input"] for block in answer["content"] if block["type"] == "tool_use"]
        return Reply(text, Call(calls[0]["code"], calls[0]["language"]) if calls else None)


class Examiner:
    """Asks whole conversations in one sandbox."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._endpoint = Endpoint()
        self._openings: dict[str, str] = {}

    def ask(self, conversation: Conversation) -> Iterator[Scored]:
        chat = Chat(self._box, self._opening(conversation), self._endpoint)
        for turn in conversation.turns:
            text = chat.ask(turn["ask"])
            gave_up = any(sentence in text for sentence in _GAVE_UP)
            said = Said(text, gave_up, chat.tables, chat.figures, self._files(turn, text))
            yield Scored(conversation, turn, said, verdict(turn, said, conversation.names))

    def _opening(self, conversation: Conversation) -> str:
        if conversation.name not in self._openings:
            given = [self._given(source) for source in conversation.sources]
            self._openings[conversation.name] = brief("", given)
        return self._openings[conversation.name]

    def _given(self, source: Source) -> tuple[Upload, FileProfile]:
        content = source.content
        self._box.write(source.file, content)
        profile = parse_profile(self._box.run(profile_code(source.file))["result"]["stdout"])
        return Upload(name=source.file, size=len(content), sha256="0" * 64), profile

    def _files(self, turn: dict[str, Any], text: str) -> dict[str, pd.DataFrame]:
        if turn.get("file") != "xlsx":
            return {}
        names = [word.strip("`.,;:") for word in text.split() if ".xlsx" in word]
        return {name: pd.read_excel(io.BytesIO(self._box.read(name))) for name in names[:1]}


def points(scored: Iterable[Scored]) -> tuple[float, float, Counter[str]]:
    """(right - 2 x wrong) / all and right / all, in percent, with the counts."""
    counts = Counter(one.verdict for one in scored)
    every = counts.total()
    return 100 * (counts["right"] - 2 * counts["wrong"]) / every, 100 * counts["right"] / every, counts
