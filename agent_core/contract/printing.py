"""A contract as HTML: tables for a page of ours, and a whole document to print, with no part from elsewhere.

Everything that a person wrote is escaped here. The tables bring class names and no looks; the document
brings its own.
"""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from itertools import groupby

from agent_core.contract.ceiling import NO_CEILING, Ceiling
from agent_core.contract.clauses import PROVIDERS, Contract, ProviderName
from agent_core.contract.document import EFFECT, SUPPORT, SUPPORT_MEANS, Hold, Row, document, matrix, side_by_side
from agent_core.contract.promises import Promise, conformance
from agent_core.contract.summary import summarise
from agent_core.contract.words import PROVIDER_NAMES, unbroken

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = """
:root { color-scheme: light; }
body { font: 11pt/1.5 system-ui, sans-serif; color: #1d1d1b; max-width: 46rem; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.about, small { color: #62605a; }
.lead { font-size: 1.05rem; margin: 1.2rem 0 2rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid #dddad2; }
th { font-weight: 600; }
thead th { color: #62605a; font-weight: 400; }
tbody th[scope=rowgroup] { padding-top: 1.4rem; border-bottom: 1px solid #1d1d1b; }
td small, th small { display: block; font-weight: 400; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
.effect::before { content: ", "; }
.contract .value { width: 22%; }
.value { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
@page { margin: 18mm; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 10pt; } }
"""


def printed(contract: Contract, *, version: int, of: str, at: datetime, ceiling: Ceiling = NO_CEILING) -> str:
    """A whole HTML document for a stakeholder. `of` names what the contract belongs to, `at` when it was printed."""
    name = escape(contract.name)
    about = f"Contract version {version} of “{escape(of)}”, printed on {at.day} {at:%B %Y at %H:%M %Z}".rstrip()
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{name}</title>',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body>",
            f'<h1>{name}</h1><p class="about">{about}.</p>',
            f'<p class="lead">{_written(summarise(contract))}</p>',
            clauses_table(contract, ceiling),
            "<h2>How terms are held</h2>",
            _legend(),
            "</body></html>",
            "",
        )
    )


def clauses_table(contract: Contract, ceiling: Ceiling = NO_CEILING) -> str:
    """Clause by clause: each term, its value, and how the contract's provider holds it."""
    bodies = [_clause(title, rows) for title, rows in groupby(document(contract, ceiling), key=lambda row: row.clause)]
    return _table(("Term", "Value", "How it is held"), bodies, "contract")


def comparison_table(before: Contract, after: Contract, titles: tuple[str, str], *, changed_only: bool = False) -> str:
    """Two contracts side by side; rows that differ are of the class `changed`."""
    pairs = [pair for pair in side_by_side(before, after) if pair.changed or not changed_only]
    bodies = []
    for clause, found in groupby(pairs, key=lambda pair: pair.clause):
        rows = [
            f'<tr{_marked(pair.changed)}><th scope="row">{escape(pair.title)}</th>'
            f'<td class="value">{_written(pair.before)}</td><td class="value">{_written(pair.after)}</td></tr>'
            for pair in found
        ]
        bodies.append(_body(clause, rows, 3))
    return _table(("Term", *titles), bodies, "comparison")


def matrix_table() -> str:
    """What every provider can be held to."""
    bodies = []
    for clause, features in groupby(matrix(), key=lambda feature: feature.clause):
        rows = [
            f'<tr><th scope="row">{escape(feature.title)}</th>'
            f"{''.join(f'<td>{_held(hold)}</td>' for hold in feature.holds)}</tr>"
            for feature in features
        ]
        bodies.append(_body(clause, rows, 1 + len(PROVIDERS)))
    names = tuple(_provider(PROVIDER_NAMES[provider]) for provider in PROVIDERS)
    return _table(("Feature", *names), bodies, "matrix")


def promises_table() -> str:
    """What every provider's sandboxes are tested for, and where one is known to differ."""
    found = conformance()
    bodies = []
    for group, promises in groupby(found.promises, key=lambda promise: promise.group):
        rows = [
            f'<tr><th scope="row">{escape(promise.sentence)}</th>'
            f"{''.join(f'<td>{_kept(promise, provider)}</td>' for provider in found.tested)}</tr>"
            for promise in promises
        ]
        bodies.append(_body(group, rows, 1 + len(found.tested)))
    of = len(found.promises)
    names = (f"{_provider(PROVIDER_NAMES[one])}: {found.kept(one)} of {of}" for one in found.tested)
    return _table(("Promise", *names), bodies, "matrix promises")


def _kept(promise: Promise, provider: ProviderName) -> str:
    why = promise.differences.get(provider)
    if why is None:
        return '<span class="support native">Kept</span>'
    return f'<span class="support guard">Differs</span><small>{escape(why)}</small>'


def _clause(title: str, rows: Iterable[Row]) -> str:
    return _body(title, [_row(row) for row in rows], 3)


def _row(row: Row) -> str:
    allowed = f"<small>{_written(row.allowed)}</small>" if row.allowed else ""
    held = "".join(_held(hold, _when(hold)) for hold in _distinct(row.holds)) or "<small>Not asked for.</small>"
    return (
        f'<tr><th scope="row">{escape(row.title)}<small>{_written(row.meaning)}</small></th>'
        f'<td class="value">{_written(row.value)}{allowed}</td><td>{held}</td></tr>'
    )


def _distinct(holds: Iterable[Hold]) -> Iterable[Hold]:
    return dict.fromkeys(holds)


def _when(hold: Hold) -> str:
    return "" if hold.support in {"fixed", "unenforceable"} else f'<span class="effect">{EFFECT[hold.effect]}</span>'


def _held(hold: Hold, when: str = "") -> str:
    support = f'<span class="support {hold.support}">{SUPPORT[hold.support]}</span>'
    return f"{support}{when}<small>{_written(hold.sentence)}</small>"


def _legend() -> str:
    rows = [f'<tr><th scope="row">{SUPPORT[one]}</th><td>{means}</td></tr>' for one, means in SUPPORT_MEANS.items()]
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _body(title: str, rows: list[str], columns: int) -> str:
    head = f'<tr><th scope="rowgroup" colspan="{columns}">{escape(title)}</th></tr>' if title else ""
    return f"<tbody>{head}{''.join(rows)}</tbody>"


def _table(columns: tuple[str, ...], bodies: list[str], kind: str) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    return f'<table class="ringfence {kind}"><thead><tr>{head}</tr></thead>{"".join(bodies)}</table>'


def _marked(changed: bool) -> str:
    return ' class="changed"' if changed else ""


def _written(text: str) -> str:
    return escape(unbroken(text))


def _provider(name: str) -> str:
    return name[:1].upper() + name[1:]
