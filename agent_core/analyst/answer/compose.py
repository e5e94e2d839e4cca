"""The whole answer to a query."""

from typing import assert_never

from agent_core.analyst.answer import aggregates, looks, spreads
from agent_core.analyst.answer.conditions import where
from agent_core.analyst.answer.facts import Facts, NotFound, read_facts
from agent_core.analyst.answer.numbers import rows
from agent_core.analyst.dialogue import Outcome
from agent_core.analyst.markdown import code, listed, quoted
from agent_core.analyst.query import Query
from agent_core.analyst.schema.looks import unit_among
from agent_core.analyst.write.export import file_name
from agent_core.analyst.write.load import cleaned, used
from agent_core.analyst.write.titles import grouped


def compose(query: Query, outcome: Outcome) -> str:
    """Sentences with the figures that the code printed, and with what was assumed."""
    facts = read_facts(outcome.stdout)
    try:
        told = _empty(query, facts) or [*_told(query, facts), *_left_out(query, facts)]
    except (NotFound, IndexError, TypeError):
        told = [
            "The code ran through, but its printed output was cut, so I can't put it into words; see the result above."
        ]
    if query.export and query.intent != "clean" and "written" in facts.lines:
        told.append(f"The file {code(file_name(query))} holds {rows(facts.count('written'))}.")
    return " ".join(told) + _notes(query, facts)


def _empty(query: Query, facts: Facts) -> list[str] | None:
    if facts.number("rows") > 0:
        return None
    if not query.filters:
        return ["The table has no rows."]
    return [f"No row fits: there is none {where(query.filters)}."]


def _told(query: Query, facts: Facts) -> list[str]:  # noqa: C901, PLR0911 - one line for each kind
    match query.intent:
        case "overview" | "columns":
            return looks.overview(query, facts)
        case "quality":
            return looks.quality(facts)
        case "outliers":
            return looks.outliers(facts)
        case "rows":
            return looks.shown(query, facts)
        case "unique":
            return looks.unique(query, facts)
        case "aggregate":
            return aggregates.groups(query, facts) if query.groups else aggregates.single(query, facts)
        case "portion":
            return spreads.portion(query, facts)
        case "distribution":
            return spreads.distribution(query, facts)
        case "relation":
            return spreads.relation(query, facts)
        case "correlation":
            return spreads.correlation(query, facts)
        case "clean":
            return looks.clean(query, facts)
    assert_never(query.intent)


def _left_out(query: Query, facts: Facts) -> list[str]:
    if query.intent not in {"aggregate", "distribution"}:
        return []
    told = []
    for column, count in zip(
        query.measures, facts.numbers("missing") if "missing" in facts.lines else (), strict=False
    ):
        if count:
            told.append(f"{rows(count)} without {code(column.name)} {'was' if count == 1 else 'were'} left out.")
    if (ungrouped := facts.count("ungrouped")) and query.groups:
        names = listed([code(group.column.name) for group in query.groups])
        told.append(f"{rows(ungrouped)} without {names} {'is' if ungrouped == 1 else 'are'} in no group.")
    return told


def _notes(query: Query, facts: Facts) -> str:
    notes = []
    counted = query.intent == "aggregate" and not query.groups and query.aggregation == "count"
    named = counted or query.intent == "portion" or (query.intent == "rows" and not query.measures)
    if query.filters and not named and facts.count("rows"):
        notes.append(f"This is about the {rows(facts.number('rows'))} {where(query.filters)}.")
    if query.drop_missing and query.intent != "clean":
        notes.append("Rows with a missing value were left out.")
    if query.share and len(query.groups) > 1 and query.intent == "aggregate":
        notes.append(f"Each share is of its {grouped(query.groups[0])}.")
    if query.table.sides:
        many, one = query.table.sides
        notes.append(f"I joined {code(many.file)} with {code(one.file)} by {code(query.table.key)}.")
    if query.table.without_totals and query.intent in {"aggregate", "overview", "portion", "distribution"}:
        notes.append("The row of totals at the end of the file is not counted.")
    if query.table.subtotal and query.intent in {"aggregate", "portion", "distribution"}:
        notes.append(f"Rows such as {quoted(query.table.subtotal)} look like subtotals, and are counted as data here.")
    notes += query.assumptions
    columns = cleaned(query.table.columns if query.intent == "clean" else used(query))
    notes += [
        f"{code(column.name)} is in {unit}, as its values say."
        for column in columns
        if column.role == "number" and (unit := unit_among(column.samples))
    ]
    for column, count in zip(columns, facts.numbers("unreadable") if "unreadable" in facts.lines else (), strict=False):
        if count:
            kind = "dates" if column.role == "date" else "numbers"
            values = "1 value" if count == 1 else f"{int(count):,} values"
            taken = f"{kind} and count as" if count > 1 else f"a {kind[:-1]} and counts as"
            notes.append(f"{values} of {code(column.name)} can't be read as {taken} missing.")
    return "\n\n" + "\n".join(f"- {note}" for note in notes) if notes else ""
