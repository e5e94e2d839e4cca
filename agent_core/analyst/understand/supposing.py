"""What an unknown word may stand for, where nothing else in a question is left unread.

"The 5 richest households" asks for rows, whatever they are called; "violent crime" is the column `violent`. Each such
reading is told, and none is made of a word that the data may hold, or of a question that would then count all rows.
"""

import re
from collections.abc import Iterable

from agent_core.analyst.markdown import listed, quoted
from agent_core.analyst.query import Condition, Query
from agent_core.analyst.schema.words import stems
from agent_core.analyst.understand.grouping import is_figure
from agent_core.analyst.understand.lexicon import DONE, VERBS, words
from agent_core.analyst.understand.marking import NOTHING, Supposed
from agent_core.analyst.understand.names import kin
from agent_core.analyst.understand.parts import Parts

_PLURAL = re.compile(r"^[a-z]{2,}[^\Wsui\d_]s$|^[a-z]{3,}(?:men|people|folk)$")
_NO_ROWS = words("times things ways reasons details results means terms sales costs prices series percents news thanks")
_NEVER_ROWS = words(
    "jump rise drop gap difference increase decrease fall change streak run spell stretch ratio share rate"
)
_BEFORE = (
    r"(?:\b(?:how many|number of|which|what|of|of the|of all|among|among the|for|all|all the|the|list|list the|show|"
    r"show me|show the|in|in all|across|within|find|find the|\w+est|most|top|bottom)|<n\d+>|<v\d+>|^)"
)
_AFTER = (
    r"(?:with|whose|who|that|which|having|have|has|had|earn|are|were|is|was|do|did|under|over|above|below|aged|by|on|"
    r"in|for|from|per|<c\d+> (?:more|less|over|above|under|below|at|between)|<m\d+>|<v\d+>|\w+er than|more than|"
    r"less than|at least|at most)"
)
_COMMON, _ENDING = 4, 2
_MEASURING = words("cost costs weigh weighs earn earns pay pays sell sells")
"""What is done of a figure and may be its name as well: only where the most of it is asked for."""
_ADJECTIVES = words(
    """
    violent urban rural armed foreign domestic open high low close white black single married male female net gross
    annual federal public private internal external medical unemployed employed retired residential commercial
    industrial international local national regional central civil active inactive free online
    """
)


def suppose(left: Iterable[str], parts: Parts) -> Supposed:
    """What the words that are left may stand for; `NOTHING` where one of them may mean anything."""
    rows: set[str] = set()
    prose: set[str] = set()
    for word in left:
        if _voted(word, parts):
            who, done = word.split()
            rows.add(who)
            prose.add(done)
        elif _completes(word, parts) or _is_done(word, parts) or _calls_label(word, parts):
            prose |= set(word.split())
        elif _names_rows(word, parts):
            rows.add(word)
        else:
            return NOTHING
    return Supposed(frozenset(rows), frozenset(prose))


def _completes(phrase: str, parts: Parts) -> bool:
    """Whether it is the noun after a column that is called by an adjective: "crime" after `violent`.

    Or what an amount consists of, where its column is named too: "how much electricity was generated".
    """
    amount = rf"\bhow much {re.escape(phrase)} (?:is|are|was|were|did|do|does|has|have|had)\b(?: ([a-z]+))?"
    if found := re.search(amount, parts.marked.text):
        measures = parts.table.measures
        done = len(measures) == 1 and any(kin(found[1] or "", one) for one in stems(measures[0].name))
        return done or any(one.column.role == "number" for one in parts.marked.columns())
    match = re.search(rf"<c(\d+)> {re.escape(phrase)}(?!\S)", parts.marked.text)
    mention = parts.marked.mention(match[1]) if match else None
    return mention is not None and mention.sure and mention.phrase.lower() in _ADJECTIVES


def _is_done(phrase: str, parts: Parts) -> bool:
    """Whether it is what was done of a figure that is named, and by whom: "soldiers die" after "did most"."""
    *who, verb = phrase.split() or [""]
    if _is_recorded(verb, parts):
        return False
    if verb in _MEASURING and not who:
        ranked = rf"<c(\d+)> {verb} (?:the )?(?:most|least)\b"
        return any(parts.marked.mention(mark).sure for mark in re.findall(ranked, parts.marked.text))
    if verb in DONE and not who and any(is_figure(one.column) for one in parts.marked.columns()):
        return (
            re.search(rf"(?:\b(?:who|which|that|ones?|is|are|was|were)|<[tcv]\d*>) {verb}(?!\S)", parts.marked.text)
            is not None
        )
    if verb not in VERBS or len(who) > 1 or not any(is_figure(one.column) for one in parts.marked.columns()):
        return False
    if who and not _PLURAL.match(who[0]):
        return False
    slot = rf"\b(?:did|does|do)(?: (?:the|most|more|we|they|you|each|all|<t>|<[cv]\d+>))* {re.escape(phrase)}(?!\S)"
    return re.search(slot, parts.marked.text) is not None


def _is_recorded(verb: str, parts: Parts) -> bool:
    """Whether a column says of each row if it was done: "smoked" beside `smoker`."""
    labels = [one for one in parts.table.columns if one.truths or one.is_two_valued]
    beginning = verb[: max(_COMMON, len(verb) - _ENDING)]
    return any(word.startswith(beginning) for one in labels for word in stems(one.name))


def _voted(phrase: str, parts: Parts) -> bool:
    """Whether it says who did what of a figure that is named: "how many districts voted more than 60 percent yes"."""
    who, _, done = phrase.partition(" ")
    named = any(is_figure(one.column) for one in parts.marked.columns())
    asked = rf"(?:\b(?:how many|number of|which|what)|^) {re.escape(phrase)}(?!\S)"
    return done in DONE and named and _PLURAL.match(who) is not None and re.search(asked, parts.marked.text) is not None


def _calls_label(word: str, parts: Parts) -> bool:
    """Whether it is a noun for what a column of labels holds: "each candidate win" beside `winner`."""
    match = re.search(rf"\b(?:each|every|per|by) {re.escape(word)} <c(\d+)>", parts.marked.text)
    return match is not None and parts.marked.mention(match[1]).column.role == "category"


def _names_rows(word: str, parts: Parts) -> bool:
    text = parts.marked.text
    extremes = [number for number in re.findall(r"<c(\d+)>", text) if parts.marked.mention(number).extreme]
    if any(re.search(rf"<c{number}> {re.escape(word)}(?: (?:in|of|by|on|for)\b|$)", text) for number in extremes):
        return True
    if word in _NEVER_ROWS:
        return False
    if word in _NO_ROWS or not _PLURAL.match(word):
        return re.search(rf"(?:est|most) {re.escape(word)}(?: (?:in|of|by|on|for)\b|$)", text) is not None
    noun = re.escape(word)
    stands = rf"{_BEFORE} {noun}(?: {_AFTER}(?!\S)| \||$)|^{noun} {_AFTER}(?!\S)"
    return re.search(stands, text) is not None


def worth(query: Query) -> bool:
    """Whether so much of the question was read for sure that the rest may be taken on trust."""
    named = any(isinstance(one, Condition) for one in query.filters) or any(
        not group.column.is_time for group in query.groups
    )
    sure = not query.guessed or len(query.table.measures) == 1
    return sure and (bool(query.measures) or named)


def told(supposed: Supposed) -> tuple[str, ...]:
    """A sentence on what was supposed."""
    if not supposed.rows:
        return ()
    return (f"I took {listed([quoted(word) for word in sorted(supposed.rows)])} for the rows of the table.",)
