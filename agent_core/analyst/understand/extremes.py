"""Rules for what is asked of the row at the top of a ranking: "the mpg of the heaviest car"."""

import re

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Order
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.adjectives import BASES, EXTREMES, LOW
from agent_core.analyst.understand.defaults import is_bad
from agent_core.analyst.understand.lexicon import AGGREGATIONS, SUPERLATIVES
from agent_core.analyst.understand.names import column_for
from agent_core.analyst.understand.parts import Parts

_SUPERLATIVE = "|".join(sorted(SUPERLATIVES, key=len, reverse=True))
_HAS = r"(?:with|that has|that had|which has|which had|that have|having|has|had|of)"
_BE = r"(?:is|are|was|were|does|do|did)"
_KIND = r"(?:rate|level|value|figure|number|price|score|count|share|percentage)s?"
_ENDS = r"(?: (?:have|has|had|get|got|come from|came from|from|on|in|belong to|weigh|cost|live in))?"
_UNIT = r"(?:day|date|hour|week|month|quarter|year)"
_WHEN = (
    r"(?:when(?: it)?(?: was)?|(?:in|on|at) (?:which|what) (?:\w+|<c\d+>)|(?:which|what) (?:day|date|year|month|time))"
)
_WORKED_OUT = re.compile(
    r"\b(?:average|avg|mean|median|total|sum|by|per|each|every|how often|share|percent(?:age)?)\b|"
    r"<c\d+> (?:vs|versus|against)"
)


def read_extremes(parts: Parts) -> None:
    """Read "the mpg of the heaviest car", "the wages when wheat was most expensive" and "... and when was that"."""
    if parts.change or parts.ratio or _WORKED_OUT.search(parts.text):
        return
    _of_days(parts) or _at_an_end(parts) or _and_when(parts) or _when(parts) or _of_the(parts) or _row_with(parts)


def _figure(parts: Parts, mark: str) -> Column | None:
    column = parts.marked.mention(mark).column
    return column if column.role in {"number", "date"} and not column.is_two_valued else None


def _rank(parts: Parts, key: Column, wanted: list[Column], order: Order) -> None:
    parts.sort_by, parts.order, parts.limit, parts.intent = key, order, 1, "rows"
    parts.asks_for_one = True
    parts.wanted = [one for one in dict.fromkeys(wanted) if one != key]


def _order(word: str) -> Order:
    return "ascending" if AGGREGATIONS[word] == "min" else "descending"


def _extremes(parts: Parts) -> str:
    """A pattern of the marks that are a superlative by themselves, such as "heaviest"."""
    marks = [mark for mark in re.findall(r"<c(\d+)>", parts.text) if parts.marked.mention(mark).extreme]
    return rf"<c(?:{'|'.join(marks) or '-'})>"


def _turn(parts: Parts, words: str) -> tuple[Column, Order] | None:
    """The figure and the end of it that the words of a superlative speak of."""
    mark = re.search(r"<c(\d+)>$", words) or re.search(r"<c(\d+)>", words)
    if mark is None and words in EXTREMES and (named := column_for(parts.table, EXTREMES[words])):
        parts.assumptions.append(f"I took {code(named.name)} for {quoted(words)}.")
        return named, _order(words)
    column = _figure(parts, mark[1]) if mark else None
    if mark is None or column is None:
        return None
    word = next((one for one in words.split() if one in SUPERLATIVES), parts.marked.mention(mark[1]).phrase.lower())
    if word not in AGGREGATIONS:
        return None
    parts.note(mark[1])
    turned = word in {"best", "worst"} and is_bad(column)
    return column, _order({"best": "worst", "worst": "best"}[word] if turned else word)


def _asked(parts: Parts, listed: str) -> list[Column]:
    return [parts.column(mark) for mark in re.findall(r"<c(\d+)>", listed)]


def _is_row(parts: Parts, noun: str) -> bool:
    """Whether a noun stands for a row: the table's own, a label that each row has to itself, or a time."""
    table, time = parts.table, parts.table.time
    if match := re.fullmatch(r"<c(\d+)>", noun):
        column = parts.marked.mention(match[1]).column
        at_once = time is not None and time.is_year and table.is_panel and "<m" in parts.text
        return table.is_fine_grained(column) or (time == column and column.distinct == table.rows) or at_once
    if re.fullmatch(_UNIT, noun):
        return time is not None and time.distinct == table.rows
    return noun in {"", "<t>"} or parts.table.time is None or not parts.table.is_panel


def _of_the(parts: Parts) -> bool:
    """Read "mpg of the heaviest car" and "how many cylinders does the car with the most horsepower have"."""
    extreme = rf"(?:{_extremes(parts)}|(?:{'|'.join(sorted(EXTREMES))})\b)"
    asked = rf"(?P<asked><c\d+>(?:(?: ,| and)+ (?:the )?<c\d+>)*)(?: {_KIND})?"
    noun = rf"(?P<noun><t>|<c\d+>|{_UNIT}\b|(?!with\b|in\b|of\b|on\b|for\b|by\b|from\b)[a-z]+)"
    turns = (
        rf"(?:the )?(?P<turn>{extreme}|(?:{_SUPERLATIVE}) <c\d+>) {noun}",
        rf"the (?P<turn>(?:{_SUPERLATIVE}) <c\d+>)(?P<noun>)",
        rf"(?:the )?{noun} {_HAS} (?:the )?(?P<turn>(?:{_SUPERLATIVE}) (?:<t> )?<c\d+>)",
        rf"(?:the )?{noun} {_HAS} (?:the )?(?P<turn>{extreme})",
    )
    before = r"(?:(?:what|which|how many|how much)(?:(?: is| was| are| were)? the)? )?"
    forms = [
        form
        for turn in turns
        for form in (
            rf"{before}{asked} (?:of|for|in|on|at|from|by) {turn}",
            rf"(?:what|which|how many|how much) {asked} {_BE} {turn}{_ENDS}(?= (?:in|among|for|of)\b| \?|$)",
        )
        if form.startswith("(?:(?:what") or "(?P<noun>)" not in form
    ]
    also = r"(?:(?:and|with) (?:its|his|her|their|the|that)|and (?:in |on )?(?:which|what))"
    bare = rf"(?P<turn>(?:{_SUPERLATIVE}) <c\d+>)(?P<noun>)"
    forms += [
        rf"{turn}(?: [a-z]+)? {also} {asked}(?: (?:it|that|this))?(?: (?:is|was|has|had|from|belongs to))*"
        for turn in (*turns, bare)
    ]
    for form in forms:
        match = re.search(form, parts.text)
        if match is None or not _is_row(parts, match["noun"]):
            continue
        listed = set(re.findall(r"<c\d+>", match["asked"]))
        before_it = parts.text[: match.start("asked")].split()[-1:]
        if listed & set(re.findall(r"<c\d+>", match["turn"] + match["noun"])) or set(before_it) & SUPERLATIVES:
            continue
        turn = _turn(parts, match["turn"])
        wanted = _asked(parts, match["asked"]) if turn else []
        if turn is None or turn[0] in wanted or any(parts.marked.mention(mark[2:-1]).extreme for mark in listed):
            continue
        _rank(parts, turn[0], wanted, turn[1])
        parts.groups += _asked(parts, match["noun"])
        parts.text = parts.text.replace(match[0], "|", 1)
        return True
    return False


def _row_with(parts: Parts) -> bool:
    """Read "day with the largest range", where no "which" asks for it."""
    match = re.search(
        rf"^(?:(?:show|tell|give|find|name)(?: me)? )?(?:the )?(?:<c(?P<c>\d+)>|{_UNIT}) {_HAS} "
        rf"(?:the )?(?P<turn>(?:{_SUPERLATIVE}) <c\d+>)",
        parts.text,
    )
    time = parts.table.time
    if match is None:
        match = re.search(
            rf"^(?:(?:what|which)(?: was| is)? )?(?:the )?(?P<turn>(?:{_SUPERLATIVE}) (?:<c(?P<c>\d+)>|{_UNIT}) "
            r"(?:in|by|for|with) (?:the )?<c\d+>)",
            parts.text,
        )
    part = parts.marked.mention(match["c"]).column if match and match["c"] else None
    each = time is not None and (time.distinct == parts.table.rows or (part is not None and part.is_time_part))
    turn = _turn(parts, match["turn"]) if match and each else None
    if match is None or turn is None or time is None:
        return False
    if part is not None and not part.is_time_part and part != time:
        return False
    _rank(parts, turn[0], [time, *([part] if part != time else [])] if part else [], turn[1])
    parts.text = parts.text.replace(match[0], "|", 1)
    return True


def _of_days(parts: Parts) -> bool:
    """Read "what is the earliest date" and "which order has the latest date", where no figure is asked for."""
    match = re.search(
        r"^(?:(?:what|which|when|show|tell|give|find|me|the|is|was|are|were|<t>|has|had|with) )*"
        r"(?P<end>earliest|first|oldest|latest|last|newest|most recent) (?:known |recorded )?<c(?P<c>\d+)>"
        r"(?! <n| <c)(?: (?:of all|there is))?",
        parts.text,
    )
    column = parts.marked.mention(match["c"]).column if match else None
    held = {one.column for one in parts.marked.values()}
    others = {one.column for one in parts.marked.columns()} - held - {column}
    if match is None or column is None or column.role != "date" or others:
        return False
    _rank(parts, column, [], "ascending" if match["end"] in {"earliest", "first", "oldest"} else "descending")
    parts.text = parts.text.replace(match[0], "|", 1)
    return True


def _at_an_end(parts: Parts) -> bool:
    """Read "the last price of IBM" and "the gap at the start"."""
    time, ends = parts.table.time, r"(?P<end>first|last|latest|newest|most recent|earliest|final|initial|starting)"
    forms = (
        rf"\b{ends} (?:known |recorded )?<c(?P<c>\d+)>(?! <n)",
        r"<c(?P<c>\d+)> at the (?:very )?(?P<end>end|start|beginning)(?! of)",
    )
    match = next((found for form in forms if (found := re.search(form, parts.text))), None)
    if match is None or time is None or parts.marked.mention(match["c"]).column.role != "number":
        return False
    if time.distinct != parts.table.rows and not re.search(r"<v\d+>", parts.text):
        return False
    first = match["end"] in {"first", "earliest", "initial", "starting", "start", "beginning"}
    _rank(parts, time, [parts.column(match["c"])], "ascending" if first else "descending")
    parts.text = parts.text.replace(match[0], "|", 1)
    return True


def _when(parts: Parts) -> bool:
    """Read "unemployment when inflation was highest" and "wages when wheat was most expensive"."""
    at = r"(?:is|was|were|are|hit|reached|had|stood)(?: at)?(?: (?:its|the|their))?"
    match = re.search(
        rf"(?P<asked><c\d+>(?:(?: ,| and)+ <c\d+>)*)(?: [a-z]+)? (?:when|where|(?:in )?the {_UNIT} that)"
        rf" (?:the )?<c(?P<key>\d+)> {at} (?P<word>{_SUPERLATIVE})(?: (?P<base>[a-z]+))?",
        parts.text,
    )
    key = _figure(parts, match["key"]) if match else None
    if (
        match is None
        or key is None
        or key in [parts.marked.mention(m).column for m in re.findall(r"\d+", match["asked"])]
    ):
        return False
    base = match["base"] or ""
    low = base in LOW and base in BASES
    order = _order(match["word"])
    if low:
        order = "ascending" if order == "descending" else "descending"
    parts.note(match["key"])
    _rank(parts, key, _asked(parts, match["asked"]), order)
    kept = "" if base in BASES or not base else f" {base}"
    parts.text = parts.text.replace(match[0], f"|{kept}", 1)
    return True


def _and_when(parts: Parts) -> bool:
    """Read "the lowest volume and the year it happened" and "the highest price and when was that"."""
    time = parts.table.time
    happened = (
        r"(?: (?:was|is|did|were))?(?: (?:it|that|this))?(?: (?:was|happen\w*|occur\w*|recorded|measured|reached))*"
    )
    named = rf"(?:(?:the|its) )?(?:{_UNIT}|<c(?P<time>\d+)>)(?: (?:when|in which|on which|of))?"
    also = rf"(?: ,)? and (?:{_WHEN}|{named}){happened}(?= \?|$)"
    most = rf"(?:{_SUPERLATIVE}|maximum|minimum) <c\d+>"
    match = re.search(
        rf"(?P<turn>{most}|{_extremes(parts)}(?: {_UNIT}| <t>)?)(?P<between>.*?){also}",
        parts.text,
    )
    if match is None or time is None:
        return False
    if match["time"] and not parts.marked.mention(match["time"]).column.is_time:
        return False
    turn = _turn(parts, match["turn"].replace("maximum", "highest").replace("minimum", "lowest"))
    if turn is None:
        return False
    _rank(parts, turn[0], [time], turn[1])
    parts.text = parts.text.replace(match[0], f"|{match['between']} |", 1)
    return True
