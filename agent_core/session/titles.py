"""What a conversation is called, until a person calls it otherwise."""

import re
from collections.abc import Sequence

LONGEST = 60
_FENCED = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<name>[\w+-]*)[^\n]*\n?(?P<code>.*?)(?:^[ \t]*(?P=fence)|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LANGUAGES = {"python": "Python", "py": "Python", "python3": "Python", "": "Python"}
_LANGUAGES |= {"bash": "Bash", "sh": "Bash", "shell": "Bash", "javascript": "JavaScript", "js": "JavaScript", "r": "R"}
_COMMENT = re.compile(r"^[ \t]*(?:#+|//+)[ \t]*(?P<said>[^\W\d_].*\S)[ \t]*$", re.MULTILINE)


def title(text: str, names: Sequence[str]) -> str:
    """A line for a first message and the names of its files: its words, what its code says of itself, or its files.

    Of fenced code nothing is shown but its first comment: the rest is no name that anyone would look for.
    """
    words = " ".join(_FENCED.sub(" ", text).split()).rstrip(" :")
    line = words or _of_code(text, names) or ", ".join(names) or "New conversation"
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def _of_code(text: str, names: Sequence[str]) -> str:
    found = _FENCED.search(text)
    if found is None:
        return ""
    if said := _COMMENT.search(found["code"]):
        return " ".join(said["said"].split())
    language = _LANGUAGES.get(found["name"].lower())
    code = f"{language} code" if language else "Code"
    return f"{code} for {', '.join(names)}" if names else code
