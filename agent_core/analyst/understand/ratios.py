"""Rules for one column as a part of another: "the tip as a percentage of the bill"."""

import re

from agent_core.analyst.markdown import code
from agent_core.analyst.query import Query
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.schema.words import stems
from agent_core.analyst.understand.defaults import obvious_measure
from agent_core.analyst.understand.grouping import is_figure
from agent_core.analyst.understand.lexicon import SIZES
from agent_core.analyst.understand.made import all_kinds
from agent_core.analyst.understand.names import column_for
from agent_core.analyst.understand.parts import Parts

_SHARE = r"(?:percent(?:age)?|share|proportion|fraction|part|portion|%)"
_A, _B = (
    r"(?:the |its |their )?(?:total |average )?<c(?P<a>\d+)>",
    r"(?:the |its |their )?(?:total |average )?<c(?P<b>\d+)>",
)
_FORMS = (
    (True, rf"{_A}(?: [a-z]+)? (?:as|in)(?: an?| the)? {_SHARE} of {_B}"),
    (True, rf"(?:what|which) {_SHARE} of {_B} (?:is|are|was|were|does|do|did|goes to|went to) {_A}"),
    (
        True,
        rf"{_SHARE} of {_B} (?:(?:is|are|was|were|gets?) )?(?:spent|used|paid|going|goes|went) (?:on|for|to|by) {_A}",
    ),
    (True, rf"{_SHARE} of {_A} (?:in|to|relative to|compared (?:to|with)) {_B}"),
    (True, rf"{_A} {_SHARE} of {_B}"),
    (False, rf"ratios? (?:of|between) {_A}(?: (?!to\b|and\b|over\b|by\b)[a-z]+)? (?:to|and|over|by) {_B}"),
    (False, rf"{_A} to {_B} ratios?"),
    (False, rf"{_A}(?: <t>| [a-z]+)? per {_B}"),
    (False, rf"{_A} (?:divided by|relative to) {_B}"),
)
_FEW_STEPS = 25
"""A figure with no more values than these sorts the rows into groups: "tip per size"."""
_OF_THAT = rf"^(?:(?:and|now|show|that|it|this) )*(?:as|in)(?: an?| the)? {_SHARE} of {_B}"


def _of_total(parts: Parts) -> None:
    """Read "their share of all votes", where a column holds the total."""
    total = next((one for one in parts.table.columns if stems(one.name) == ("total",) and is_figure(one)), None)
    total = total or all_kinds(parts.table)
    every = rf"{_SHARE} of (?:all|the total|total|every)(?: the)?(?: <t>| [a-z]+)?"
    match = re.search(rf"{_A}(?: (?:as|in)(?: an?| the)?)? {every}", parts.text) or re.search(
        rf"{every} (?:is|was|are|were|went|goes)(?: due)? (?:to|from|by|because of|caused by|for) {_A}", parts.text
    )
    if total is None or match is None or parts.marked.mention(match["a"]).column == total:
        return
    column = parts.marked.mention(match["a"]).column
    if is_figure(column) and not column.is_two_valued:
        parts.text = parts.text.replace(match[0], "|", 1)
        parts.ratio, parts.share = (parts.column(match["a"]), total), True


def read_ratio(parts: Parts) -> None:
    """Read that one column is to be divided by another; to be called before shares are read."""
    _of_total(parts)
    for share, form in _FORMS:
        match = re.search(form, parts.text)
        if match is None:
            continue
        one, other = (parts.marked.mention(match[name]).column for name in "ab")
        if " per " in form and (other.distinct or 0) <= _FEW_STEPS:
            continue
        if one != other and all(is_figure(column) and not column.is_two_valued for column in (one, other)):
            parts.text = parts.text.replace(match[0], "|", 1)
            parts.ratio = (parts.column(match["a"]), parts.column(match["b"]))
            parts.share = share
            return


_A_HEAD = re.compile(r"\b(?:per|for each|a) (?:person|guest|head|diner)\b", re.IGNORECASE)


def read_per_head(parts: Parts) -> None:
    """Read "spent per person", where a column says how many they are."""
    size = next((one for kind in SIZES if (one := column_for(parts.table, kind)) and one.whole), None)
    if size is None or parts.ratio or not _A_HEAD.search(parts.marked.original):
        return
    named = [one.column for one in parts.marked.columns() if is_figure(one.column) and one.column != size]
    measure = named[0] if named else obvious_measure(parts.table)
    if (
        measure is None
        or len(set(named)) > 1
        or parts.take(r"\b(?:per|for each|a) (?:<t>|<c\d+>|guest|head|diner)") is None
    ):
        return
    if not named:
        parts.assumptions.append(f"I took {code(measure.name)}.")
        parts.text = re.sub(r"\b(?:spent|spend|paid|pay)\b", "", parts.text)
    parts.ratio = (measure, size)


def names_a_whole(parts: Parts) -> bool:
    """Whether it only says of what a share is wanted, and not what is the share."""
    match = re.search(rf"{_OF_THAT}(?: \?)?$", parts.marked.text)
    return match is not None and len(set(parts.marked.columns())) == 1 and parts.ratio is None


def of_that(previous: Query, parts: Parts) -> tuple[Column, Column] | None:
    """What a following "as a percentage of the bill" divides by what; None where it is no such question."""
    match = re.search(_OF_THAT, parts.marked.text)
    if match is None or previous.intent != "aggregate" or len(previous.measures) != 1:
        return None
    column = parts.marked.mention(match["b"]).column
    fits = is_figure(column) and column != previous.measures[0] and not column.is_two_valued
    return (previous.measures[0], column) if fits else None
