"""Answers about a table as a whole, about rows and about values."""

from typing import Any

from agent_core.analyst.answer.conditions import where
from agent_core.analyst.answer.facts import Facts
from agent_core.analyst.answer.numbers import key, number, placed, rows
from agent_core.analyst.markdown import code, listed
from agent_core.analyst.query import Query
from agent_core.analyst.write.export import file_name
from agent_core.analyst.write.look import per_group
from agent_core.analyst.write.look import told as columns_told

_NAMED = 12
_VALUES = 10


def overview(query: Query, facts: Facts) -> list[str]:
    """What is in the table."""
    table = query.table
    names = [code(column.name) for column in table.columns[:_NAMED]]
    more = f" and {len(table.columns) - _NAMED} more" if len(table.columns) > _NAMED else ""
    listing = listed(names) if not more else ", ".join(names) + more
    told = [
        f"{code(table.file)} has **{rows(facts.number('rows'))}** and **{facts.count('columns')} columns**: {listing}.",
        *_ranges(query),
        *_kinds(query),
    ]
    missing, repeated = facts.count("missing cells"), facts.count("duplicates")
    told.append(f"{missing:,} {'cell is' if missing == 1 else 'cells are'} empty." if missing else "No cell is empty.")
    if repeated:
        told.append(f"{rows(repeated)} {'is' if repeated == 1 else 'are'} an exact repetition of an earlier one.")
    return told


def _ranges(query: Query) -> list[str]:
    time = query.table.time
    if time is None:
        return []
    if time.earliest and time.latest:
        return [f"{code(time.name)} runs from {time.earliest} to {time.latest}."]
    if time.is_year:
        return [f"{code(time.name)} runs from {time.minimum:g} to {time.maximum:g}."]
    return []


def _kinds(query: Query) -> list[str]:
    known = [column for column in query.table.categories if column.all_values_known and column.role == "category"]
    return [
        f"{code(column.name)} has {column.distinct} values: {listed([key(value) for value in column.samples])}."
        for column in known[:3]
        if (column.distinct or 0) <= 6  # noqa: PLR2004 - more would not read as a sentence
    ]


def quality(facts: Facts) -> list[str]:
    """Missing values, repeated rows, spellings."""
    total, incomplete, repeated = facts.number("rows"), facts.count("incomplete"), facts.count("duplicates")
    gaps = facts.rows("result")
    if gaps:
        worst = listed([f"{code(str(row[0]))} ({number(row[1])}, {row[2]:g} %)" for row in gaps[:5]])
        have = "has" if incomplete == 1 else "have"
        told = [f"**{rows(incomplete)}** of {number(total)} {have} a missing value. Missing by column: {worst}."]
    else:
        told = [f"No value is missing in {rows(total)}."]
    repeat = "repeats" if repeated == 1 else "repeat"
    told.append(f"{rows(repeated)} {repeat} an earlier row exactly." if repeated else "No row is repeated.")
    spellings = facts.document("spellings")
    if isinstance(spellings, dict) and spellings:
        told.append(
            f"Some values differ only by case or spaces in {listed([code(str(name)) for name in list(spellings)[:5]])}."
        )
    constant = facts.document("constant")
    if isinstance(constant, list) and constant:
        told.append(f"The same value stands in each row of {listed([code(str(name)) for name in constant[:5]])}.")
    return told


def outliers(facts: Facts) -> list[str]:
    """Values far outside the middle half."""
    found = [row for row in facts.rows("result") if row[1]]
    rule = "I call a value an outlier when it lies more than 1.5 times the middle half's width outside that half."
    if not found:
        return ["I found no outliers.", rule]
    parts = [
        f"{code(str(row[0]))} has **{number(row[1])}** (outside {number(row[2])} to {number(row[3])})"
        for row in found[:5]
    ]
    return [f"{listed(parts)}.", rule]


def shown(query: Query, facts: Facts) -> list[str]:
    """Rows."""
    total, listed_rows = facts.number("rows"), facts.number("shown")
    if query.measures and per_group(query):
        return _top_of_each(query, facts)
    if query.measures:
        return _top(query, facts)
    if query.filters:
        first = "" if total == listed_rows else f" Here are the first {number(listed_rows)}."
        return [
            (
                f"**{rows(total)}** of {query.table.rows:,} {'fits' if total == 1 else 'fit'}: "
                f"those {where(query.filters)}.{first}"
            )
        ]
    if total == listed_rows:
        return [f"Here {'is' if total == 1 else 'are'} all **{rows(total)}**."]
    which = "last" if query.last_rows else "first"
    return [f"Here are the {which} {number(listed_rows)} of **{rows(total)}**."]


def _top_of_each(query: Query, facts: Facts) -> list[str]:
    each: dict[str, list[str]] = {}
    for row in facts.rows("each"):
        each.setdefault(key(row[0]), []).append(number(row[1]))
    word = "Lowest" if query.order == "ascending" else "Highest"
    parts = [f"**{name}**: {listed(values)}" for name, values in list(each.items())[:6]]
    names = f"{code(query.measures[0].name)} for each {code(query.groups[0].column.name)}"
    return [f"{word} {names}: {'; '.join(parts)}. The table has the rows."]


def _top(query: Query, facts: Facts) -> list[str]:
    top = facts.rows("top")
    value = code(query.measures[0].name)
    word = _placed(query)
    if not top or top[0][-1] is None:
        return [f"No row has a value of {value}."]
    if query.wanted:
        return _asked_of_it(query, top[0])
    named = len(columns_told(query)) > 1
    figure = isinstance(top[0][-1], int | float) and not query.measures[0].is_year
    best = number(top[0][-1]) if figure else key(top[0][-1])
    if not named:
        more = [number(row[-1]) for row in top[1:] if isinstance(row[-1], int | float)] if query.limit != 1 else []
        then = f", then {listed(more)}" if more else ""
        return [f"The {word} {value} is **{best}**{then}; the table has the {'row' if query.limit == 1 else 'rows'}."]
    told = f"**{key(top[0][0])}** has the {word} {value}: **{best}**"
    same = [row for row in top[1:] if row[-1] == top[0][-1]]
    rest = [f"{key(row[0])} ({number(row[-1])})" for row in top[1:] if row[-1] is not None]
    if rest and query.limit != 1:
        told += f", then {listed(rest)}"
    tie = ["Others share this value."] if same and query.limit == 1 else []
    return [told + ".", *tie]


def _asked_of_it(query: Query, row: list[Any]) -> list[str]:
    """What was asked of the row at the top: "the mpg of the heaviest car"."""
    names = columns_told(query)
    values = {name: _value(query, name, value) for name, value in zip(names, row, strict=True)}
    asked = [column.name for column in query.wanted]
    key_name = query.measures[0].name
    who = [values[name] for name in names if name not in {*asked, key_name}]
    found = listed([f"{code(name)} is **{values[name]}**" for name in asked])
    ranked = f"the {_placed(query)} {code(key_name)} (**{values[key_name]}**)"
    return [f"{found[:1].upper()}{found[1:]} in the row with {ranked}{f': {who[0]}' if who else ''}."]


def _value(query: Query, name: str, value: Any) -> str:
    column = next(one for one in (*query.measures, *query.wanted, *query.table.columns) if one.name == name)
    figure = isinstance(value, int | float) and not column.is_year
    return number(value) if figure else key(value)


def _placed(query: Query) -> str:
    word = placed(query)
    return word.replace("lowest", "earliest").replace("highest", "latest") if query.measures[0].is_time else word


def unique(query: Query, facts: Facts) -> list[str]:
    """The different values of a column."""
    values = facts.rows("result")
    count = facts.count("groups")
    name = code(query.measures[0].name)
    if not count:
        return [f"{name} has no values."]
    parts = [f"{key(row[0])} ({number(row[1])})" for row in values[:_VALUES]]
    text = listed(parts) if count <= _VALUES else ", ".join(parts) + " and more"
    told = [
        (
            f"{name} has **{count:,}** different {'value' if count == 1 else 'values'}: "
            f"{text}. The number of rows is in brackets."
        )
    ]
    missing = facts.count("missing")
    return [*told, f"It is missing in {rows(missing)}."] if missing else told


def clean(query: Query, facts: Facts) -> list[str]:
    """What the cleaned file holds."""
    before, kept = facts.count("rows"), facts.count("kept")
    told = [f"{code(file_name(query))} holds **{rows(kept)}** of {before:,}."]
    done = ["spaces around text were removed"]
    if converted := [code(column.name) for column in query.table.columns if column.cleaning not in {None, "spelling"}]:
        done.append(f"{listed(converted[:6])} {'was' if len(converted) == 1 else 'were'} turned into numbers or dates")
    if spelt := [code(column.name) for column in query.table.columns if column.cleaning == "spelling"]:
        done.append(f"one spelling was kept in {listed(spelt[:6])}")
    if repeated := facts.count("duplicates"):
        done.append(f"{repeated:,} repeated {'row was' if repeated == 1 else 'rows were'} left out")
    if columns := facts.count("columns removed"):
        done.append(f"{columns} empty {'column was' if columns == 1 else 'columns were'} left out")
    if query.drop_missing:
        done.append("rows with a missing value were left out")
    return [*told, f"What was done: {listed(done)}."]
