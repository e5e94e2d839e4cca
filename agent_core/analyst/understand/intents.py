"""Rules for the kind of question."""

import re

from agent_core.analyst.query import Condition, Intent
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.adjectives import HIGHER, LOWER
from agent_core.analyst.understand.grouping import labels, numbers
from agent_core.analyst.understand.parts import Parts

Columns = tuple[Column, ...]

_KINDS: tuple[tuple[Intent, str], ...] = (
    ("quality", (
r"\b(?:missing|nulls?|nan|empty|blank|incomplete|gaps?|holes?)\b(?! (?:between|of|in|is|was)\b)|"
r"\bduplicat\w*\b|\b(?:data )?quality\b|\bproblems?\b|"
r"\bcompleteness\b"
)),
    ("outliers", r"\boutliers?\b|\bunusual\b|\banomal\w+\b|\bextreme values?\b|\bstrange values?\b"),
    ("columns", (
r"\b(?:which|what|list|show|name)\b.*\b(?:columns|fields|variables|"
r"features|attributes)\b|\bcolumn names\b|\bschema\b|\bdata types?\b|"
r"\bdtypes\b"
)),
    ("correlation", (
r"\bcorrelation (?:matrix|heat ?map|table)\b|\bcorrelations\b|"
r"\bcorrelates?\b.* (?:most|strongest|best|strongly)\b|\bstrongest "
r"correlation\b"
)),
    ("relation", (
r"\bcorrelat\w*\b|\brelat(?:ion|ionship|ionships|ed|es?)\b|\bscatter\b|\bdepends?\b|"
r"\baffects?\b|\binfluences?\b|\bassociat\w+\b|\bconnect(?:ion|ed)\b|\bpredicts?\b|"
r"\blinked?\b|\blinks?\b|\bmoves? (?:closely )?(?:together|in step|in tandem)\b|\b(?:go|goes) together\b|"
r"\bin step with\b|"
r"\b(?:rise|fall|grow|increase|decrease|change|vary)s? (?:together |along |in line )?with\b|"
r"\bgo(?:es)? (?:hand in hand )?with\b"
)),
    ("distribution", (
r"\bdistribut\w+\b|\bhist(?:ogram)?s?\b|\bspread\b|\bbox ?plots?\b|\bbox\b|\bviolin\b|"
r"\bhow (?:is|are) .* (?:spread|distributed)\b|\brange of\b|\bskew\w*\b|\bpercentiles?\b|"
r"\bquartiles?\b"
)),
    ("unique", (
r"\b(?:unique|distinct|different) (?:values? )?|\bwhich <c\d+>(?: values)? (?:are|is|"
r"exist|occur)\b|\bwhat <c\d+> (?:are|exist|occur)\b|\blist (?:of |all |all the |the "
r")*<c\d+>(?= (?:with|where|whose|that|which|having)\b|$)|"
r"\bwhat are the (?:possible |different )?<c\d+>$|\bpossible values\b|\bwhat "
r"values\b|\bcategories of\b"
)),
    ("rows", (
r"\b(?:show|list|print|display|see|view|give me|get)\b.* (?:<t>|data|"
r"table)\b|\bpreview\b|\bhead\b|\btail\b|\b(?:find|list|which|what are "
r"the|all|show)(?: me| all| the)* <t>|\braw data\b|\bexample <t>|\bsort(?:ed)?\b|"
r"\blook like\b"
)),
    ("overview", (
r"\b(?:overview|describe|summar\w+|explore|profile|about|explain|"
r"introduc\w+|understand|insights?)\b|\bwhat(?:'s| is| does| do)? "
r".*\b(?:in|contain|hold|inside|file|data|dataset|this)\b|\btell "
r"me\b|\bstatistics\b|\bstats\b|\banaly[sz]e\b|\banalysis\b|\blook "
r"at\b|\binteresting\b|\bfirst look\b|^$"
)),
)  # fmt: skip


_PAIR = 2
_GO_TOGETHER = re.compile(
    rf"^(?:do|does|did|is|are)\b.* (?:more|less|fewer|better|worse|{'|'.join(sorted(HIGHER | LOWER))})\b(?! than)"
)
_OF_THE_FILE = re.compile(
    r"\b(?:describe|summar\w+|overview|about|explore|what(?:'s|"
    r" is) in|profile)\b.* <c\d+> (?:data|dataset|data ?set|"
    r"file|table)\s*\??$"
)


def kinds(parts: Parts) -> list[Intent]:
    """The kinds that the words of the question speak of, the strongest first."""
    text = parts.marked.text
    if _OF_THE_FILE.search(text):
        return ["overview"]
    return [kind for kind, words in _KINDS if re.search(words, text)]


def asks_whether_together(parts: Parts) -> bool:
    """Whether it is a question such as "do larger shops sell more?"."""
    return _GO_TOGETHER.search(parts.marked.text) is not None


def asks_for_relation(parts: Parts) -> bool:
    """Whether two numbers are put against each other."""
    return ("relation" in kinds(parts) or asks_whether_together(parts)) and len(numbers(parts)) == _PAIR


def _aggregates(parts: Parts) -> bool:
    asked = (
        parts.aggregation
        or parts.how_much
        or parts.counts
        or parts.share
        or parts.growth
        or parts.grain
        or parts.over_time
        or parts.having
        or parts.change
    )
    ranked = parts.superlative and parts.intent != "rows"
    return bool(asked or parts.groups or ranked or parts.compares)


def intent(parts: Parts) -> Intent | None:  # noqa: C901, PLR0911 - one line for each rule
    """The kind of question that it is; None where no rule knows."""
    if parts.wanted:
        return "rows"
    said = kinds(parts)
    figures = numbers(parts)
    if parts.intent == "clean" or (said == ["overview"] and not _aggregates(parts)):
        return parts.intent if parts.intent == "clean" else _overview_or_less(parts)
    for kind in ("quality", "outliers", "correlation"):
        if kind in said and not (kind == "quality" and (parts.drop_missing or _filtered_missing(parts))):
            return kind
    if parts.ratio is not None or parts.rows_per is not None:
        return "aggregate"
    if len(figures) > 1 and all(one.names_a_year for one in figures):
        return "aggregate"
    related = _GO_TOGETHER.search(parts.marked.text) or "relation" in said or parts.chart == "scatter"
    if len(figures) > 1 and (related or _compares_numbers(parts, figures)):
        return "relation"
    if "relation" in said and len(figures) == 1 and not labels(parts) and not parts.groups:
        return "correlation"
    if "distribution" in said and parts.aggregation != "quantile" and (figures or labels(parts)):
        return "distribution"
    if "columns" in said and not parts.subjects and not _aggregates(parts):
        return "columns"
    return _counted_or_shown(parts, said)


def _overview_or_less(parts: Parts) -> Intent | None:
    return "overview" if not parts.filters else _counted_or_shown(parts, ["overview"])


def _counted_or_shown(parts: Parts, said: list[Intent]) -> Intent | None:
    figures, names = numbers(parts), labels(parts)
    if _lists_values(parts, said, figures, names):
        return "unique"
    if _takes_portion(parts, figures, names):
        return "portion"
    if "rows" in said and parts.order != "auto" and not parts.groups and not parts.aggregation and not parts.counts:
        return "rows"
    if _aggregates(parts) and parts.intent != "rows":
        return "aggregate"
    if "rows" in said or parts.intent == "rows" or (figures and _asks_for_rows(parts)):
        return "rows"
    return _named_or_shown(parts, said, figures, names)


def _takes_portion(parts: Parts, figures: Columns, names: Columns) -> bool:
    names = tuple(one for one in names if one.distinct != parts.table.rows)
    rows_fit = any(isinstance(one, Condition) for one in parts.filters) or not parts.groups
    kept = bool(parts.filters or parts.bare)
    fits = parts.share and rows_fit and not names and not parts.over_time and kept and not parts.compares
    return fits and not (figures and (parts.groups or figures[0].is_two_valued))


def _lists_values(parts: Parts, said: list[Intent], figures: Columns, names: Columns) -> bool:
    one_label = len(names) == 1 and not figures and not parts.groups and not names[0].is_two_valued
    one_label = one_label and not (names[0].is_time_part and parts.filters) and names[0].role != "date"
    different = parts.intent == "unique" and bool(parts.subjects) and not parts.groups
    named = "unique" in said and bool(names) and not figures and not _aggregates(parts)
    return (parts.counts and one_label) or different or named


def _named_or_shown(parts: Parts, said: list[Intent], figures: Columns, names: Columns) -> Intent | None:
    if figures and not names and parts.filters and parts.chart is None:
        return "aggregate"
    if len(figures) == _PAIR and not names and not parts.groups:
        return "relation"
    if names and (parts.filters or parts.bare) and parts.chart is None and names[0].role != "date":
        return _which_of(parts, figures, names)
    if figures or names:
        drawn = parts.chart in {"bar", "line", "pie", "area", "heatmap"}
        return "aggregate" if (figures and names) or drawn else "distribution"
    if parts.filters or parts.bare or parts.drop_missing or parts.has(r"^(?:(?:and|all|the|only|just) )*<t>(?! ?$)"):
        return "rows"
    return "overview" if "overview" in said else ("rows" if parts.export or parts.chart == "table" else None)


def _asks_for_rows(parts: Parts) -> bool:
    """Whether the rows within limits are wanted, though a number is named: "countries below 1.25 in 2005"."""
    if parts.filters and _calls_rows(parts):
        parts.subjects.clear()
        return True
    named = parts.has(r"^(?:(?:all|the|list|show|me|and|which|what) )*<t> ")
    return named and bool(parts.bare) and parts.chart is None


def _calls_rows(parts: Parts) -> bool:
    """Whether a column only lends its name to the rows, as in "bills without a smoker"."""
    match = re.match(r"^(?:(?:all|the|show|list|me) )*<c(\d+)> (?:with|without)\b", parts.marked.text)
    mention = parts.marked.mention(match[1]) if match else None
    return mention is not None and not mention.sure and mention.phrase.lower().endswith("s")


def _which_of(parts: Parts, figures: Columns, names: Columns) -> Intent:
    """Names under a condition: the rows that they name, else their values."""
    if all(one.distinct == parts.table.rows for one in names):
        return "rows"
    return "aggregate" if figures else "unique"


def _filtered_missing(parts: Parts) -> bool:
    return any(isinstance(one, Condition) and one.operator in {"missing", "present"} for one in parts.filters)


def _compares_numbers(parts: Parts, figures: tuple[Column, ...]) -> bool:
    if re.search(r"<c\d+> (?:vs|versus|against) (?:the )?<c\d+>", parts.marked.text) and not parts.aggregation:
        return len(figures) == 2 and not parts.over_time and not parts.grain  # noqa: PLR2004
    grouped = parts.groups or parts.aggregation or parts.over_time or parts.grain
    return parts.compares and len(figures) == 2 and not grouped  # noqa: PLR2004
