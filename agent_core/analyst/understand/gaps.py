"""Rules for how far two groups lie apart: "how much more do men earn than women"."""

import re

from agent_core.analyst.understand.adjectives import HIGHER, LOWER
from agent_core.analyst.understand.parts import Parts

_MORE = rf"(?:more|less|fewer|better|worse|{'|'.join(sorted(HIGHER | LOWER))})"
_SIDES = r"(?:(?:in|for|on|at|from|during|of|among|the|those|that|with|is|are|was|were|did|do|does|had|has|have|<t>) )*"
_VALUE = r"<[vm]\d+>"
_ROWS = rf"\| {_MORE} (?P<kept>(?:<v\d+> )?(?:<t>|days|weeks|months|hours|times)|<v\d+>)"
_APART = r"(?:differences?|gaps?|margins?|disparity|disparities)"


def read_gap(parts: Parts) -> None:
    """Read what asks for a difference, and put the two that are compared beside each other."""
    two = (
        len(re.findall(_VALUE, parts.text)) > 1 or len([one for one in parts.marked.columns() if one.column.truths]) > 1
    )
    asked = parts.take(r"(?:\band |, ?)*\b(?:by|and) how (?:much|many(?: <t>| [a-z]+)?)(?= \?|$)")
    if not asked and two:
        asked = _differ(parts)
    if not asked and two:
        asked = parts.take(rf"\b(?:by )?how (?:much|many)(?= {_MORE}\b)|\b{_APART}\b(?: (?:in|of)\b(?! <v))?(?= |$)")
    if asked:
        parts.gap = parts.compares = True
        if "how many" in asked[0] and (counted := re.search(_ROWS, parts.text)):
            parts.counts = parts.counts_rows = True
            parts.text = parts.text.replace(counted[0], counted["kept"], 1)
    parts.text = re.sub(rf"({_VALUE}) (?:rather )?than {_SIDES}(?={_VALUE})", r"\1 and ", parts.text)


def _differ(parts: Parts) -> re.Match[str] | None:
    """Read "by how much do A and B differ" and "how far apart are A and B"."""
    apart = parts.take(r"\bhow far apart\b")
    asked = r"\b(?:by )?(?:how (?:much|far|strongly)|what amount)\b(?=.*\b(?:differ|differed|deviate|diverge)\b)"
    match = apart or parts.take(asked)
    if match is not None:
        parts.take(r"\b(?:differ|differed|deviate|diverge)(?: from each other)?\b")
    return match
