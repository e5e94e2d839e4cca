"""Messages that are no question of a table: code to run, code to explain, greetings and thanks."""

import re

from agent_core.analyst.understand.meanings import Explain, Talk, Verbatim
from agent_core.contract import LANGUAGES, Language

_EXPLAIN = re.compile(r"(?:please\s+)?explain\b|what does (?:this|the) code do\b", re.IGNORECASE)
_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)```", re.DOTALL)
_NAMES = {"py": "python", "python3": "python", "sh": "bash", "shell": "bash", "js": "javascript", "": "python"}
_GREETING = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|hallo|greetings|howdy)(?: there| all)?[\s!.,]*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^(?:thanks?|thank you|thx|cheers|great|perfect|nice|cool|ok(?:ay)?|got it)\b[\w ,]{0,30}[\s!.]*$", re.IGNORECASE
)
_HELP = re.compile(
    (
        r"^(?:help(?: me)?|what can (?:you|i) (?:do|ask)\b.*|who are you|"
        r"what are you|how (?:does this|do you) work|what should i ask.*|"
        r"examples?)[\s?!.]*$"
    ),
    re.IGNORECASE,
)


def verbatim(question: str) -> Verbatim | None:
    """The code of a message that holds nothing but fenced code."""
    blocks = _FENCE.findall(question)
    if not blocks or _FENCE.sub("", question).strip():
        return None
    name = blocks[0][0].lower()
    language: Language = next((one for one in LANGUAGES if one == _NAMES.get(name, name)), "python")
    return Verbatim("\n".join(body for _, body in blocks), language)


def to_explain(question: str) -> Explain | None:
    """The code of a message that asks to have it explained."""
    blocks = _FENCE.findall(question)
    if not blocks or not _EXPLAIN.match(_FENCE.sub("", question).strip()):
        return None
    given = verbatim(f"```{blocks[0][0]}\n{blocks[0][1]}\n```")
    return Explain(given.code, given.language) if given else None


def talk(question: str) -> Talk | None:
    """Greetings, thanks and calls for help."""
    text = question.strip()
    if _GREETING.match(text):
        return Talk("greeting")
    if _HELP.match(text):
        return Talk("help")
    return Talk("thanks") if _THANKS.match(text) else None
