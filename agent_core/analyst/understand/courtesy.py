"""What a question says around the question: greetings, thanks, and what the answer is for."""

import re

from agent_core.analyst.schema.columns import Table
from agent_core.analyst.understand.marking import mark

_DAY = r"good (?:morning|afternoon|evening|day)"
_GREETED = r"(?: (?:there|all|everyone|everybody|team|folks|again|dear \w+|analyst))?"
_GREETING = re.compile(
    rf"^(?:{_DAY}|hi|hello|hey|hallo|greetings|howdy|dear \w+){_GREETED}\s*[,.!:-]+\s*", re.IGNORECASE
)
_THANKS = (
    r"(?:many thanks|thanks|thank you|thx|cheers)"
    r"(?: (?:a lot|a bunch|a million|so much|very much|in advance|again|ever so much|for (?:your|the|any) help))*"
)
_WISHES = r"(?:(?:best|kind|warm) (?:regards|wishes)|have a (?:nice|good|great|lovely) (?:day|weekend|one))"
_THANKED_FIRST = re.compile(rf"^(?:ok(?:ay)?,? |great,? )?{_THANKS}\s*[,.!;-]+\s*(?=\w)", re.IGNORECASE)
_THANKED = re.compile(rf"[\s,.!?;-]+(?:{_THANKS}|{_WISHES})[\s.!]*$", re.IGNORECASE)
_ASKED = re.compile(
    r"\?|\b(?:how|what|which|who|whom|whose|where|when|why|show|list|give|tell|plot|draw|compare|count|need|want|find|"
    r"calculate|compute|know|see|only|except|excluding|without|ignore|ignoring|not|never)\b|n['’]t\b",
    re.IGNORECASE,
)
_OF_ONESELF = re.compile(
    r"(?:(?:i|we)(?: am|['’]m| are|['’]re| was| were|['’]ve been| have been) |"
    r"(?:this|it|that)(?: is|['’]s) for |my (?:name|job) is )",
    re.IGNORECASE,
)
_WORK = (
    r"(?:(?:school|class|science|weekly|monthly|annual|quarterly|yearly|short|little|small|new) )?"
    r"(?:report|presentation|homework|class|lesson|essay|thesis|article|blog(?: ?post)?|boss|manager|teacher|talk|"
    r"lecture|meeting|slides?|newsletter|handout|paper|project|assignment|course|client|colleagues?|students|pupils|"
    r"newspaper|website|poster|seminar|school|supervisor|book|leaflet|editor)"
)
_PURPOSE = re.compile(rf"(?:^|[\s,]+)(?:it(?: is|['’]s) )?(?:for|in) (?:my|our|an?) {_WORK}\b[\s,]*", re.IGNORECASE)
_ASKS = re.compile(
    rf"^(?:so |well,? )?my {_WORK} (?:wants?(?: me)?|needs?|would like|asks?(?: me)?|asked(?: me)?)"
    r"(?: to (?:know|see|find out|tell (?:him|her|them)))?[\s,:]+",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"[\s,]+(?:because|so that|as) (?:i|we|my \w+) (?:need|want|have|has|must|am|are|can|could)\b[^.?!]*", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Za-z])")


def without_courtesy(question: str, table: Table) -> str:
    """The question alone, without what names nothing of this table; as it is where nothing would be left."""
    text = _GREETING.sub("", question.strip())
    text = _THANKED.sub("", _THANKED_FIRST.sub("", text))
    sentences = _SENTENCE.split(text)
    kept = [one for one in sentences if not (_is_of_oneself(one) and _says_nothing(one, table))]
    text = " ".join(kept) if len(kept) < len(sentences) else text
    for aside in (_ASKS, _PURPOSE, _REASON):
        text = aside.sub(lambda match: " " if _says_nothing(match[0], table) else match[0], text)
    return " ".join(text.split()) if re.search(r"\w", text) else question


def _is_of_oneself(sentence: str) -> bool:
    return _OF_ONESELF.match(sentence.strip()) is not None and not _ASKED.search(sentence)


def _says_nothing(text: str, table: Table) -> bool:
    """Whether no column, value, number or time is named."""
    return not mark(text, table).entities
