"""One question, in the light of the one before, to its meaning."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent_core.analyst.markdown import code, listed, quoted
from agent_core.analyst.query import Condition, Query
from agent_core.analyst.schema.columns import Column, Table
from agent_core.analyst.schema.joins import joined
from agent_core.analyst.schema.words import stem, stems
from agent_core.analyst.schema.years import by_year
from agent_core.analyst.understand.changing import read_changes
from agent_core.analyst.understand.complete import complete
from agent_core.analyst.understand.courtesy import without_courtesy
from agent_core.analyst.understand.equals import read_equal_numbers
from agent_core.analyst.understand.extremes import read_extremes
from agent_core.analyst.understand.files import without_file
from agent_core.analyst.understand.filters import read_filters
from agent_core.analyst.understand.followup import changes, merge
from agent_core.analyst.understand.gaps import read_gap
from agent_core.analyst.understand.grouped import read_groups
from agent_core.analyst.understand.grouping import is_figure
from agent_core.analyst.understand.lexicon import SUPERLATIVES
from agent_core.analyst.understand.limits import read_limits
from agent_core.analyst.understand.made import with_made
from agent_core.analyst.understand.marking import LONGEST_QUESTION, NOTHING, Supposed, mark
from agent_core.analyst.understand.meanings import Meaning, Place, Search, Unclear
from agent_core.analyst.understand.mentions import Seen
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.understand.places import read_places
from agent_core.analyst.understand.pointing import pointed
from agent_core.analyst.understand.ratios import read_per_head, read_ratio
from agent_core.analyst.understand.rest import Rest, rest, without_prose
from agent_core.analyst.understand.shape import (
    read_comparatives,
    read_order,
    read_rest,
    read_unable,
)
from agent_core.analyst.understand.summing import read_aggregation
from agent_core.analyst.understand.supposing import suppose, told, worth
from agent_core.analyst.understand.times import read_grain, read_times
from agent_core.analyst.understand.wishes import read_wishes
from agent_core.analyst.write.load import used

Found = Mapping[str, Place | None]
"""Words that were looked for in the data, and where they are."""

_STAYING = 50
_SHORTEST_PART = 4
_WHOLE_TABLE = {"overview", "columns", "quality", "clean", "correlation"}
_COST_OF_JOINING = 60
_POINTING = re.compile(
    r"^(?:and|but|or|what about|how about|same|just|only)\b(?!.*\b(?:how|which|who|when|where|show|list|plot)\b)"
    r"(?=.*(?:\bones?\b|\b(?:same|what|how) (?:about|for|with|in)\b|^and (?:of|for|in|with)\b))"
)
_NOTHING_BEFORE = "There is no answer before this one that I could change: please ask it as a whole question."


def read(question: str, table: Table, found: Found | None = None, supposed: Supposed = NOTHING) -> Parts:
    """Everything that the question says outright of this table; `found` are its words that stand in the data."""
    whole = ((word, place) for word, place in (found or {}).items() if place and place.value is not None)
    seen = tuple(Seen(word, place.column, str(place.value)) for word, place in whole)
    marked = with_made(mark(question, table, seen, supposed), table)
    parts = Parts(marked, table, without_prose(marked.text))
    parts.assumptions += [f"I took {quoted(said)} for {quoted(meant)}." for said, meant in marked.corrected]
    read_unable(parts)
    read_ratio(parts)
    read_per_head(parts)
    read_wishes(parts)
    read_places(parts)
    read_extremes(parts)
    read_gap(parts)
    read_changes(parts)
    read_times(parts)
    read_order(parts)
    read_limits(parts)
    read_filters(parts)
    read_equal_numbers(parts)
    read_grain(parts)
    read_groups(parts)
    read_comparatives(parts)
    read_aggregation(parts)
    read_rest(parts)
    return parts


def choose(question: str, tables: Sequence[Table], previous: Query | None) -> Table:
    """The table that the question speaks of: by its name, its columns and values, else the largest of the last file.

    Two tables are joined only where the question names more than either of them knows.
    """

    def fit(item: tuple[int, Table]) -> float:
        position, table = item
        marked = mark(question, table)
        said = set(stems(question))
        named = len(table.nouns & said) * 120
        named -= len(table.nouns - said) if named else 0
        known = sum(one.score for one in (*marked.columns(), *marked.values()))
        if previous and previous.table == table:
            return named + known + _STAYING
        return named + known + places[position] / 100 - (_COST_OF_JOINING if table.sides else 0)

    # A table turned for the question before; never one of a file that was replaced or taken out since.
    kept = [previous.table] if previous and previous.table in map(by_year, tables) else []
    candidates: list[Table] = [*tables, *joined(tables), *kept]
    files = list(dict.fromkeys(table.file for table in candidates))
    by_size = sorted(enumerate(candidates), key=lambda item: (files.index(item[1].file), item[1].rows, -item[0]))
    places = {position: place for place, (position, _) in enumerate(by_size)}
    return max(enumerate(candidates), key=fit)[1]


def understand(question: str, tables: Sequence[Table], previous: Query | None, found: Found) -> Meaning:
    """The meaning of a question about these tables; `tables` is not empty."""
    if len(question) > LONGEST_QUESTION:
        return Unclear(f"The built-in analyst reads questions of up to {LONGEST_QUESTION:,} characters.")
    table = choose(question, tables, previous)
    question = without_courtesy(without_file(question, table), table)
    if previous and previous.table == table:
        parts = read(question, table, found)
        if asked_on := pointed(previous, parts):
            return _checked(asked_on, parts, found)
        if changes(parts, previous):
            return _changed(_checked(merge(previous, parts), parts, found), previous, parts)
    parts = read(question, table, found)
    if previous is None and _POINTING.match(parts.marked.text) and not parts.subjects:
        return Unclear(_NOTHING_BEFORE, table)
    meaning = _checked(complete(parts), parts, found)
    if not isinstance(meaning, Unclear):
        return meaning
    read_otherwise = _supposed(question, parts, found) or _over_years(question, parts, found)
    return read_otherwise or _looked_for(parts, found) or meaning


def _looked_for(parts: Parts, found: Found) -> Search | None:
    """A look into the data for every word that is left, where nothing else can be made of the question."""
    left = rest(parts)
    words = tuple(dict.fromkeys(one for one in (*left.weighty, *left.maybe, *left.light) if one not in found))
    searches = left.light and words and not parts.problems and not left.figures and _worth_a_search(parts.table)
    return Search(parts.table, words) if searches else None


def _over_years(question: str, parts: Parts, found: Found) -> Meaning | None:
    """What a table with a column for each year says of how something went over the years."""
    turned = by_year(parts.table) if parts.table.time is None and (parts.over_time or parts.grain) else None
    if turned is None:
        return None
    again = read(question, turned, found)
    meaning = _checked(complete(again), again, found)
    if isinstance(meaning, Unclear):
        return _supposed(question, again, found)
    return meaning


def _supposed(question: str, parts: Parts, found: Found) -> Meaning | None:
    """The question with its unknown words taken on trust, where all else of it is read then."""
    left = rest(parts)
    unknown = [one for one in (*left.weighty, *left.maybe, *left.light) if not found.get(one)]
    supposed = suppose(unknown, parts)
    if supposed == NOTHING:
        return None
    again = read(question, parts.table, found, supposed)
    meaning = _checked(complete(again), again, found)
    if not isinstance(meaning, Query) or not worth(meaning):
        return None
    return replace(meaning, assumptions=(*meaning.assumptions, *told(supposed)))


def _changed(meaning: Meaning, previous: Query, parts: Parts) -> Meaning:
    """A change that changes nothing was not understood."""
    if isinstance(meaning, Query) and replace(meaning, assumptions=()) == replace(previous, assumptions=()):
        left = rest(parts)
        ends = re.findall(r"\b(?:first|last|earliest|latest|next|others?|rest)\b", parts.marked.text)
        if words := [quoted(word) for word in (*left.maybe, *left.light, *ends)]:
            return Unclear(f"I found nothing called {listed(words)} to change in the last answer.", parts.table)
    return meaning


def _checked(meaning: Query | Unclear, parts: Parts, found: Found) -> Meaning:
    """Nothing that was said may be passed over in silence."""
    left = rest(parts)
    found = {word: at for word, at in found.items() if at is None or at.value or word not in left.light}
    found = {**_in_samples((*left.weighty, *left.maybe, *left.light), parts.table), **found}
    words = tuple(phrase for phrase in (*left.weighty, *left.maybe) if phrase not in found)
    every = tuple(dict.fromkeys((*words, *(phrase for phrase in left.light if phrase not in found))))
    if isinstance(meaning, Unclear):
        searches = words and not parts.problems and _worth_a_search(parts.table)
        return Search(parts.table, every) if searches else meaning
    unused = [quoted(word) for word in (*left.maybe, *left.light) if not found.get(word)]
    if problem := _passed_over(meaning, left, unused, found):
        searches = words and _worth_a_search(parts.table)
        return Search(parts.table, every) if searches else Unclear(problem, parts.table)
    if words and _worth_a_search(parts.table):
        return Search(parts.table, every)
    names = {column.name for column in parts.table.columns}
    said_so = (*left.weighty, *left.maybe, *left.light)
    places = {word: at for word in said_so if (at := found.get(word)) and at.column in names}
    conditions = (_condition(place, parts.table) for place in places.values())
    filters = tuple(one for one in conditions if one not in meaning.filters)
    settled = {one.column for one in meaning.filters if isinstance(one, Condition) and one.operator == "in"}
    if clash := [one.column for one in filters if one.column in settled]:
        return Unclear(f"I can't tell how the values of {code(clash[0].name)} go together.", parts.table)
    whole = {word: at for word, at in found.items() if at and at.value is not None and at.column in names}
    said = tuple(f"I found {quoted(word)} in {code(at.column)}." for word, at in {**whole, **places}.items())
    idle = _idle(meaning, parts)
    if unused_figures := [one for one in idle if is_figure(one) or _is_ranked(one, parts)]:
        return Unclear(
            f"I can't put {listed([code(one.name) for one in unused_figures])} together with the rest.", parts.table
        )
    if idle:
        said += (f"I didn't use {listed([code(column.name) for column in idle])}.",)
    return replace(meaning, filters=(*meaning.filters, *filters), assumptions=(*meaning.assumptions, *said))


def _in_samples(phrases: Sequence[str], table: Table) -> dict[str, Place]:
    """Phrases that are a part of values which are all known: "nuclear" in "Nuclear Energy"."""
    places: dict[str, Place] = {}
    for phrase in phrases:
        part = searched(phrase)
        whole = re.compile(rf"\b{re.escape(part)}(?:e?s)?\b", re.IGNORECASE)
        holders = [
            column
            for column in table.of_role("category", "text")
            if column.all_values_known and any(whole.search(value) for value in column.samples)
        ]
        if len(part) >= _SHORTEST_PART and len(holders) == 1:
            places[phrase] = Place(holders[0].name, None, part)
    return places


def _idle(query: Query, parts: Parts) -> list[Column]:
    """Columns that were named but that the query does not touch."""
    if query.intent in _WHOLE_TABLE:
        return []
    touched = {column.name for column in used(query)}
    named = dict.fromkeys(mention.column for mention in parts.marked.columns())
    told = " ".join(query.assumptions)
    return [column for column in named if column.name not in touched and code(column.name) not in told]


def _is_ranked(column: Column, parts: Parts) -> bool:
    """Whether the question turns on this column: on its highest value, or on more than it."""
    marks = [n for n in re.findall(r"<c(\d+)>", parts.marked.text) if parts.marked.mention(n).column == column]
    words = "|".join(sorted(SUPERLATIVES))
    return column.role == "number" and any(parts.has(rf"\b(?:{words}|than)(?: the)? <c{n}>") for n in marks)


def _passed_over(meaning: Query, left: Rest, unused: list[str], found: Found) -> str | None:
    """Why the question can't be answered without what was left of it."""
    if left.figures and meaning.intent not in {"overview", "columns"}:
        return f"I can't tell what {listed([quoted(one) for one in left.figures])} refers to."
    if absent := [quoted(word) for word in left.weighty if not found.get(word)]:
        return f"I found no {' and no '.join(absent)} among the columns and values."
    if not unused:
        return None
    if meaning.intent == "overview":
        return f"I found nothing called {listed(unused)}."
    if meaning.guessed:
        return f"I found no column for {listed(unused)}."
    return f"I don't know what {listed(unused)} means for this table."


def _worth_a_search(table: Table) -> bool:
    return any(not column.all_values_known for column in table.of_role("category", "text"))


def _condition(place: Place, table: Table) -> Condition:
    holder = next(one for one in table.columns if one.name == place.column)
    return Condition(holder, "contains", (place.part,))


def searched(word: str) -> str:
    """What is looked for: the last word without its plural ending."""
    first, _, last = word.rpartition(" ")
    return f"{first} {stem(last)}".strip()
