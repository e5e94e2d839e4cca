"""Rules for conditions on rows."""

import re

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Condition, Operator
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.adjectives import HIGHER, LOWER
from agent_core.analyst.understand.equals import NUMBER, WHERE, put_condition, put_flag
from agent_core.analyst.understand.mentions import Mention
from agent_core.analyst.understand.parts import Parts

_MORE = rf"\b(?:more|later|{'|'.join(sorted(HIGHER))})"
_LESS = rf"\b(?:less|fewer|earlier|{'|'.join(sorted(LOWER))})"
_COMPARISONS: tuple[tuple[Operator, str], ...] = (
    (
        "at_least",
        rf"(?<!\S)>=|at least|no less than|not (?:less than|below|under)|{_MORE} than or equal to|a minimum of",
    ),
    (
        "at_most",
        rf"(?<!\S)<=|at most|no more than|not (?:more than|above|over)|up to|{_LESS} than or equal to|a maximum of",
    ),
    ("above", rf"(?<!\S)>|above|over|exceeding|exceeds?|exceeded|{_MORE} than"),
    ("below", rf"(?<!\S)<(?= )|below|under|{_LESS} than"),
)
_IS = r"(?: (?:is|are|was|were|be|=|equals?|equal to|of|:))?"
_NOT = (
    r"\b(?:is not|isn't|are not|aren't|was not|not in|not from|not|!=|except(?: for)?|excluding|exclude|without|"
    r"neither|"
    r"other than|outside(?: of)?|but not|leave out|leaving out|ignoring|ignore|omit|omitting|apart from)(?: the)?"
)
_LIST = r"<v\d+>(?:(?: ,| and| or| nor| &| /|, and| vs| versus| against)+(?: (?:in|on|from|the))* <v\d+>)*"
_BETTER = r"\b(?:more|less|fewer|better|worse|most|least|best|worst|\w+(?:er|ier|est))\b"
_TRUE = {"true", "yes", "1", "y", "t"}


def read_filters(parts: Parts) -> None:
    """Read every condition that names a column or a value."""
    _never(parts)
    _with_some(parts)
    _missing(parts)
    _ranges(parts)
    _comparisons(parts)
    _texts(parts)
    _values(parts)


def _never(parts: Parts) -> None:
    """Read "people who never had affairs", where a column counts them or says yes and no."""
    for match in parts.take_all(r"\bnever (?:(?:had|has|have|saw|did|made|was|were|a|an|any) )*<c(\d+)>"):
        column = parts.column(match[1])
        if column.truths:
            parts.filters.append(Condition(column, "in", (column.truths[1],)))
        elif column.role == "number" and column.minimum == 0:
            parts.filters.append(Condition(column, "in", (0.0,)))
        else:
            parts.problems.append(f"I can't tell what “never” means for {code(column.name)}.")


def _missing(parts: Parts) -> None:
    known = any((one.value or "").lower() == "unknown" for one in parts.marked.values())
    blank = r"(?:missing|null|nulls|nan|empty|blank|na" + ("" if known else "|unknown|not known|not given") + ")"
    for match in parts.take_all(
        rf"\b(?:where|with|whose|when|if|that have)(?: the)? <c(\d+)>(?: (?:is|are))? (not )?{blank}"
    ):
        operator: Operator = "present" if match[2] else "missing"
        parts.filters.append(Condition(parts.column(match[1]), operator))
    nothing = (
        r"\b(?:have|has|had|with|having) no (?:figures?|values?|data|entr(?:y|ies)|numbers?)(?: (?:for|in|of|on))?"
    )
    for match in parts.take_all(rf"{nothing} <c(\d+)>|\b(?:is|are|was|were)(?: the)? <c(\d+)> {blank}"):
        parts.filters.append(Condition(parts.column(match[1] or match[2]), "missing"))
    for match in parts.take_all(rf"\b(?:where|with|that have|have|has|had)(?: a)? {blank} <c(\d+)>"):
        parts.filters.append(Condition(parts.column(match[1]), "missing"))
    for match in parts.take_all(r"\b(?:(?:have|has|had|with|having) no|lack(?:s|ing)?|without(?: an?)) <c(\d+)>"):
        column = parts.column(match[1])
        if column.truths:
            parts.filters.append(Condition(column, "in", (column.truths[1],)))
            continue
        counts = column.role == "number" and column.minimum == 0
        parts.filters.append(Condition(column, "in", (0.0,)) if counts else Condition(column, "missing"))
    compared = r"of|above|below|over|under|between|is|at|more|less|\w+er than|<"
    for match in parts.take_all(rf"\b(?:with|have|has|having|had) (?:an?|any) <c(\d+)>(?! (?:{compared}))"):
        parts.filters.append(Condition(parts.column(match[1]), "present"))
    without = r"\b(?:without|excluding|exclude|drop|dropping|remove|ignore|ignoring|leave out|no)(?: the| any| all)?"
    if found := parts.take(rf"{without} (?:<t> with )?{blank}(?: values?| <t>| data)?(?: (?:in|for|of) <c(\d+)>)?"):
        if found[1]:
            parts.filters.append(Condition(parts.column(found[1]), "present"))
        else:
            parts.drop_missing = True


def _with_some(parts: Parts) -> None:
    """Read "how many days with rain", where a column counts it, as more than none."""
    days = r"(?:<t>|days|weeks|months|years|hours)"
    after = r"(?= (?:in|on|were|are|was|during|since|\|)|$| \?)"
    asked = rf"\b(?:how many|number of)(?: the| of the)* {days} with(?: some| any)? <c(\d+)>{after}"
    for match in list(re.finditer(asked, parts.text)):
        column = parts.marked.mention(match[1]).column
        if column.role == "number" and column.minimum == 0 and not column.is_two_valued:
            parts.filters.append(Condition(parts.column(match[1]), "above", (0.0,)))
            parts.text = parts.text.replace(f" with <c{match[1]}>", " |", 1)


def _ranges(parts: Parts) -> None:
    between = rf"(?:between|from) {NUMBER} (?:and|to|-) {NUMBER}"
    for match in parts.take_all(rf"{WHERE}<c(\d+)>{_IS} {between}"):
        put_condition(parts, match[1], "between", [match[2], match[3]])
    for match in parts.take_all(r"\b(?:only )?(?:between|from) <n(\d+)> (?:and|to) <n(\d+)>(?: <c(\d+)>)?"):
        if match[3]:
            put_condition(parts, match[3], "between", [match[1], match[2]])
        else:
            parts.bare.append(("between", (parts.marked.figure(match[1]), parts.marked.figure(match[2]))))


def _comparisons(parts: Parts) -> None:
    for match in parts.take_all(r"\b(?:with (?:an? )?)?(negative|positive) <c(\d+)>"):
        if parts.marked.mention(match[2]).column.role == "number":
            signed: Operator = "below" if match[1] == "negative" else "above"
            parts.filters.append(Condition(parts.column(match[2]), signed, (0.0,)))
    for operator, words in _COMPARISONS:
        sign = rf"(?:(?:is|are|was|were|be) )?(?:{words})"
        for match in parts.take_all(rf"{WHERE}<c(\d+)> (?:of )?{sign} {NUMBER}"):
            if parts.marked.mention(match[1]).column.role in {"category", "text"} and f"<n{match[2]}>" in match[0]:
                parts.bare.append((operator, (parts.marked.figure(match[2]),)))
                parts.text = f"{parts.text} | <c{match[1]}>"
            else:
                put_condition(parts, match[1], operator, [match[2]])
        for match in parts.take_all(rf"{WHERE}{sign} <n(\d+)> <c(\d+)>"):
            put_condition(parts, match[2], operator, [match[1]])
        for match in parts.take_all(rf"{WHERE}{sign} <n(\d+)>"):
            parts.bare.append((operator, (parts.marked.figure(match[1]),)))


def _texts(parts: Parts) -> None:
    for match in parts.take_all(
        r"\b(?:with|have|has|having|had|contain|containing|mention|mentioning)(?: the (?:word|text))? "
        r"(<[qv](\d+)>|(?!the\b|a\b)[a-z]\w*) in (?:the|their|its|his|her) <c(\d+)>"
    ):
        entity = parts.marked.entities[int(match[2])] if match[2] else match[1]
        text = entity.phrase if isinstance(entity, Mention) else str(entity)
        parts.filters.append(Condition(parts.column(match[3]), "contains", (text,)))
    for match in parts.take_all(
        r"(?:\b(?:where|with|whose|for|and|only)(?: the)? )?<c(\d+)> (?:contains?|containing|"
        r"includes?|including|like) (?:the (?:word|text) )?(<q(\d+)>|(?!the\b|a\b|missing\b)[a-z0-9]\w*)"
    ):
        text = str(parts.marked.entities[int(match[3])]) if match[3] else match[2]
        parts.filters.append(Condition(parts.column(match[1]), "contains", (text,)))
    for match in parts.take_all(
        r"(?:\b(?:where|with|whose|for|and|only|when)(?: the)? )<c(\d+)> "
        r"(?:is|are|was|=|equals?|named|called|:) (not )?(<q(\d+)>|"
        r"(?!not\b|the\b|in\b|above|below|over|under|between|more|"
        r"less|at\b)[a-z]\w*)"
    ):
        _named_text(parts, match)


def _named_text(parts: Parts, match: re.Match[str]) -> None:
    column = parts.column(match[1])
    text = str(parts.marked.entities[int(match[4])]) if match[4] else match[3]
    if column.is_two_valued:
        put_flag(parts, column, truth=(text.lower() in _TRUE) != bool(match[2]))
    elif column.role in {"category", "text"}:
        parts.filters.append(Condition(column, "not_in" if match[2] else "in", (text,)))
    else:
        parts.problems.append(
            f"The column {code(column.name)} doesn't hold text, so I can't look for {quoted(text)} in it."
        )


def _without_values(parts: Parts) -> None:
    """In "type of death", the value only says what the column is about."""

    def kept(match: re.Match[str]) -> str:
        column, value = parts.marked.mention(match[1]), parts.marked.mention(match[2])
        return f"<c{match[1]}>" if column.column == value.column else match[0]

    parts.text = re.sub(r"<c(\d+)> of <v(\d+)>", kept, parts.text)


def _values(parts: Parts) -> None:
    _without_values(parts)
    holding = _holding(parts)
    for match in parts.take_all(
        rf"(?:\b(?:where|with|whose|for|and)(?: the)? )?(?:{holding} )?{_NOT}(?: (?:in|for|from))? ({_LIST})"
    ):
        _among(parts, match[1], "not_in")
    for match in parts.take_all(
        rf"(?:\b(?:with|and)(?: the)? )?({_LIST}) (?:excluded|removed|left out|omitted|ignored)"
    ):
        _among(parts, match[1], "not_in")
    prefix = r"(?:\b(?:only|just|where|with|whose|for|in|from|of|on|at|among|within|are|is|the|when)\b ?)*"
    for match in parts.take_all(
        rf"{prefix}(?:{holding}(?: (?:is|are|was|=|equals?|in|of|:|either))* )?({_LIST})(?: {holding})?"
    ):
        _among(parts, match[1], "in")
        parts.several = parts.several or re.search(r"> (?:and|vs|versus|against|&) <", match[1]) is not None
        if " or " in match[1] and parts.has(r"^(?:who|what|which|where|when|do|does|did|is|are|was|were)\b"):
            parts.compares = parts.compares or parts.has(_BETTER)


def _holding(parts: Parts) -> str:
    """A pattern of the columns that hold a named value: no other column belongs to the value beside it."""
    holders = {column.name for value in parts.marked.values() for column in _holders(value)}
    marks = set(re.findall(r"<c(\d+)>", parts.text))
    fitting = sorted(one for one in marks if parts.marked.mention(one).column.name in holders)
    return f"<c(?:{'|'.join(fitting) or '-'})>"


def _holders(mention: Mention) -> tuple[Column, ...]:
    return (mention.column, *mention.others)


def _among(parts: Parts, listed: str, operator: Operator) -> None:
    for number in re.findall(r"<v(\d+)>", listed):
        mention = parts.marked.mention(number)
        named = next((one for one in _holders(mention) if any(one == c.column for c in parts.marked.columns())), None)
        column = named or mention.column
        if named is None:
            parts.note(number)
        _add_value(parts, column, operator, mention.value or "")


def _add_value(parts: Parts, column: Column, operator: Operator, value: str) -> None:
    for position, present in enumerate(parts.filters):
        if isinstance(present, Condition) and present.column == column and present.operator == operator:
            if value not in present.values:
                parts.filters[position] = Condition(column, operator, (*present.values, value))
            return
    parts.filters.append(Condition(column, operator, (value,)))
