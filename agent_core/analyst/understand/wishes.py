"""Rules for how the answer should look: chart, share, scale, file."""

import re

from agent_core.analyst.query import Chart, FileFormat
from agent_core.analyst.understand.parts import Parts

_CHARTS: tuple[tuple[Chart, str], ...] = (
    ("line", r"\bline(?:s|d)?(?: (?:chart|graph|plot|diagram))?\b"),
    ("area", r"\barea (?:chart|graph|plot)\b"),
    ("pie", r"\b(?:pie|donut|doughnut)(?: (?:chart|graph|plot))?\b"),
    ("bar", r"\b(?:bars?|columns?) (?:chart|graph|plot|diagram)s?\b|\b(?:as|with|in|use|using) (?:a )?bars?\b"),
    ("scatter", r"\bscatter ?(?:plots?|charts?|graphs?|diagrams?)?\b"),
    ("histogram", r"\bhist(?:ogram)?s?\b"),
    ("box", r"\b(?:box|violin) ?(?:plots?|charts?|and whiskers?)?\b"),
    ("heatmap", r"\bheat ?maps?\b|\bpivot(?: table)?s?\b|\bcross ?tab(?:ulation|le)?s?\b|\bmatrix\b"),
    (
        "table",
        r"\b(?:as|in|into|to) (?:a |an )?(?:simple |plain )?table\b|\btable of\b|\bno chart\b|\bwithout (?:a )?chart\b",
    ),
)
_SHARE = r"\b(?:percent(?:age)?s?|shares?|proportions?|fractions?|portion|ratio)\b(?: of)?|(?<= )%(?= |$)|^%"
_OF_COLUMN = (
    r"(<c\d+>) (?:shares?|percentages?|rates?|levels?|values?|figures?|amounts?|scores?|numbers?)"
    r"(?= (?:(?:is|are|was|were|of) )?(?:above|below|over|under|between|at least|at most|exceeding|\w+er than|"
    r"more than|less than))"
)
"""A word after a column's name that says no more than the name, because a comparison follows."""
_FORMATS: tuple[tuple[FileFormat, str], ...] = (
    ("xlsx", r"\b(?:as|to|in|into|an?)?(?: an?)? ?(?:excel|xlsx|spreadsheet)(?: (?:file|sheet|workbook))?\b"),
    ("csv", r"\b(?:as|to|in|into|a)?(?: a)? ?csv(?: file)?\b"),
    ("json", r"\b(?:as|to|in|into|a)?(?: a)? ?json(?: file)?\b"),
    ("parquet", r"\b(?:as|to|in|into|a)?(?: a)? ?parquet(?: file)?\b"),
)
_CLEANED = r"\b(?:cleaned(?:[ -]up)?|clean(?:[ -]up)?|tidy|tidied|cleanse)\b"
_EXPORT = (
    r"\b(?:export(?: this| it| that| the (?:results?|table|data))?|download|save(?: this| it| that)?|"
    r"(?:give|send|make|write|create|get)(?: me| us| out)? (?:an? |the )?(?:[\w|]+ )?(?:file|copy|version)|"
    r"as a file|to a file)\b"
)


def read_wishes(parts: Parts) -> None:
    """Read what is said of the look of the answer."""
    for chart, words in _CHARTS:
        if parts.take(words):
            parts.chart = parts.chart or chart
    if parts.take(r"\b(?:log(?:arithmic)?(?: scale| axis)?)\b"):
        parts.log = True
    elif parts.take(r"\b(?:linear|normal)(?: scale| axis)\b"):
        parts.log = False
    parts.text = re.sub(_OF_COLUMN, r"\1", parts.text)
    parts.text = re.sub(
        r"\b(average|mean|median|highest|lowest|maximum|minimum) (?:percentages?|shares?|proportions?) (?:of )?(?=<c)",
        r"\1 ",
        parts.text,
    )
    if re.search(_SHARE, parts.text) and not parts.take(r"\bshare price\b"):
        parts.share = bool(parts.take_all(_SHARE)) or parts.share
    _read_export(parts)
    parts.clears_filters = bool(
        parts.take(
            r"\b(?:remove|drop|clear|forget|without|undo)(?: the| "
            r"all| any)? filters?\b|\bfor all (?:<t>|data|of them)\b|"
            r"\ball <t> again\b"
        )
    )


def _read_export(parts: Parts) -> None:
    cleaned = parts.take(_CLEANED)
    asked = parts.take(_EXPORT) is not None
    for form, words in _FORMATS:
        if parts.take(words):
            parts.export = form
            break
    if cleaned:
        parts.intent = "clean"
    if (asked or cleaned) and parts.export is None:
        parts.export = "csv"
