"""Answers about distributions, relations and portions."""

import math

from agent_core.analyst.answer.conditions import where
from agent_core.analyst.answer.facts import Facts, NotFound
from agent_core.analyst.answer.numbers import key, number, percent, rows
from agent_core.analyst.markdown import code, listed
from agent_core.analyst.query import Query
from agent_core.analyst.understand.defaults import default_aggregation
from agent_core.analyst.write.titles import grouped

_STRENGTHS = ((0.8, "very strong"), (0.6, "strong"), (0.4, "moderate"), (0.2, "weak"))
_SKEWED = 1.0


def distribution(query: Query, facts: Facts) -> list[str]:
    """How one number is spread."""
    spread = facts.document("spread")
    if not isinstance(spread, dict) or not spread.get("count"):
        return [f"There is no value of {code(query.measures[0].name)} to work with."]
    name = code(query.measures[0].name)
    if spread["count"] == 1:
        return [f"There is one value of {name}: **{number(spread.get('mean'))}**."]
    if query.groups:
        return _medians(query, facts, name)
    middle = f"half of the values lie between {number(spread.get('25%'))} and {number(spread.get('75%'))}"
    told = [
        f"{name} runs from **{number(spread.get('min'))}** to **{number(spread.get('max'))}**; {middle}.",
        f"The median is **{number(spread.get('50%'))}**, the average {number(spread.get('mean'))}.",
    ]
    if default_aggregation(query.measures[0]) == "sum":
        told.append(f"The total is **{number(facts.number('total'))}**.")
    skew = facts.number("skew")
    if math.isfinite(skew) and abs(skew) >= _SKEWED:
        told.append(
            f"A few very {'high' if skew > 0 else 'low'} values pull the average {'up' if skew > 0 else 'down'}."
        )
    return told


def _medians(query: Query, facts: Facts, name: str) -> list[str]:
    medians = [row for row in facts.rows("medians") if row[1] is not None]
    if not medians:
        raise NotFound("medians")
    parts = [f"{key(row[0], query.groups[0].grain)} ({number(row[1])})" for row in medians[:8]]
    return [f"The median {name} by {grouped(query.groups[0])}, highest first: {listed(parts)}."]


def strength(value: float) -> str:
    """A correlation in words."""
    size = next((word for least, word in _STRENGTHS if abs(value) >= least), "hardly any")
    return size if size == "hardly any" else f"a {size} {'positive' if value > 0 else 'negative'}"


def relation(query: Query, facts: Facts) -> list[str]:
    """Two numbers against each other."""
    first, second = (code(column.name) for column in query.measures[:2])
    pearson, spearman, slope = facts.number("pearson"), facts.number("spearman"), facts.number("slope")
    if not math.isfinite(pearson):
        return [f"{first} and {second} can't be related: one of them doesn't vary, or too few rows have both."]
    told = [
        (
            f"There is {strength(pearson)} linear relation between "
            f"{first} and {second}: the correlation is **{pearson:.2f}**."
        )
    ]
    if math.isfinite(slope) and abs(pearson) >= _STRENGTHS[-1][0]:
        told.append(
            f"When {first} is 1 higher, {second} is about {number(abs(slope))} "
            f"{'higher' if slope > 0 else 'lower'} on the straight "
            f"line."
        )
    if math.isfinite(spearman) and abs(spearman - pearson) > 0.1:  # noqa: PLR2004 - a visible difference
        told.append(
            f"By rank the correlation is {spearman:.2f}, so the relation is not a straight line or has outliers."
        )
    left = facts.count("rows") - facts.count("used")
    if left:
        told.append(f"{rows(left)} without both values {'was' if left == 1 else 'were'} left out.")
    return [*told, "A correlation alone doesn't show what causes what."]


def correlation(query: Query, facts: Facts) -> list[str]:
    """Pairs of numbers that go together."""
    pairs = facts.rows("result")
    if not pairs:
        return ["No two columns of numbers vary together in a way that can be worked out."]
    if len(query.measures) == 1:
        focus = query.measures[0].name
        parts = [f"{code(str(row[1] if row[0] == focus else row[0]))} ({row[2]:.2f})" for row in pairs[:5]]
        parts[0] = f"**{parts[0]}**"
        return [
            f"{code(focus)} goes together most with {listed(parts)}.",
            "A correlation alone doesn't show what causes what.",
        ]
    parts = [f"{code(str(row[0]))} and {code(str(row[1]))} ({row[2]:.2f})" for row in pairs[:3]]
    parts[0] = f"**{parts[0]}**"
    return [
        f"The strongest correlations are between {'; '.join(parts)}.",
        "A correlation alone doesn't show what causes what.",
    ]


def portion(query: Query, facts: Facts) -> list[str]:
    """The portion of rows that fit."""
    total, matching = facts.number("rows"), facts.number("matching")
    if total == 0:
        return ["There are no rows to take a share of."]
    *base, wanted = query.filters
    among = f" {where(tuple(base))}" if base else ""
    if query.measures:
        return _portion_of(query, facts) + _portion_by(query, facts)
    counted = f"{number(matching)} of {number(total)} ({where((wanted,))})"
    told = [f"**{percent(100 * matching / total)}** of the rows{among} fit: {counted}."]
    return told + _portion_by(query, facts)


def _portion_by(query: Query, facts: Facts) -> list[str]:
    if not query.groups:
        return []
    ranked = facts.rows("result")
    parts = [f"{key(row[0], query.groups[0].grain)} ({percent(row[3])})" for row in ranked[:8] if row[3] is not None]
    return [f"By {grouped(query.groups[0])}: {listed(parts)}."]


def _portion_of(query: Query, facts: Facts) -> list[str]:
    *base, wanted = query.filters
    whole, part = facts.number("whole"), facts.number("part")
    among = f" {where(tuple(base))}" if base else ""
    name = code(query.measures[0].name)
    if whole == 0:
        return [f"The total {name}{among} is 0, so there is no share to take."]
    share = f"**{percent(100 * part / whole)}** of the total {name}{among}"
    return [f"{share} falls on the rows {where((wanted,))}: {number(part)} of {number(whole)}."]
