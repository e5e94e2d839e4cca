"""What a question says outright, before anything is filled in."""

import re
from dataclasses import dataclass, field
from typing import Literal

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Aggregation, Chart, FileFormat, Filter, Grain, Intent, Operator, Order
from agent_core.analyst.schema.columns import Column, Table
from agent_core.analyst.understand.marking import Marked


@dataclass(slots=True)
class Parts:
    """Filled by the rules one after the other. `text` is what none of them has read yet."""

    marked: Marked
    table: Table
    text: str
    intent: Intent | None = None
    subjects: list[Column] = field(default_factory=list)
    """Columns that are named without a word that gives them a place."""
    measures: list[Column] = field(default_factory=list)
    aggregation: Aggregation | None = None
    further: list[Aggregation] = field(default_factory=list)
    """More ways to sum up than the first ("the mean and the maximum of ...")."""
    superlative: Aggregation | None = None
    """`max` or `min` where the question asks for the most or the least."""
    groups: list[Column] = field(default_factory=list)
    grain: Grain | None = None
    over_time: bool = False
    filters: list[Filter] = field(default_factory=list)
    limit: int | None = None
    order: Order = "auto"
    sort_by: Column | None = None
    loosely: bool = False
    """Whether it is one of a word such as "poorest", which need not be meant of the column that is named."""
    asks_for_one: bool = False
    bare: list[tuple[Operator, tuple[float, ...]]] = field(default_factory=list)
    """Comparisons such as "above 100" that do not name a column."""
    chart: Chart | None = None
    share: bool = False
    ratio: tuple[Column, Column] | None = None
    """What is divided by what."""
    growth: bool = False
    log: bool | None = None
    drop_missing: bool = False
    last_rows: bool = False
    export: FileFormat | None = None
    clears_filters: bool = False
    adds: bool = False
    """Whether it adds to the question before ("also by year") instead of replacing its part."""
    compares: bool = False
    several: bool = False
    """Whether it lists several values of one column ("for Adelie and Gentoo")."""
    counts: bool = False
    counts_rows: bool = False
    """Whether what is counted are the rows themselves ("how many days"), and no column."""
    in_total: bool = False
    how_much: bool = False
    skip: int = 0
    """How many are passed over: one in "the second highest"."""
    quantile: float = 0.5
    having: list[tuple[Operator, float]] = field(default_factory=list)
    """Limits on the figure of each group."""
    wanted: list[Column] = field(default_factory=list)
    """What is asked of the row at the top of a ranking, beside what it is ranked by."""
    gap: bool = False
    """Whether it asks how far two groups lie apart."""
    change: Literal["steps", "whole", "groups"] | None = None
    each: Grain | None = None
    """Steps in time whose totals are averaged ("average monthly sales")."""
    rows_per: tuple[Column, Grain | None] | None = None
    """Groups whose numbers of rows are averaged ("the average number of orders per customer")."""
    running: bool = False
    """Whether a running total is wanted."""
    assumptions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Whole sentences on what can't be done with this table."""
    unsettled: list[str] = field(default_factory=list)
    """Such sentences on what a look into the data may still settle."""

    def take(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """Take the first match out of the text."""
        match = re.search(pattern, self.text)
        if match:
            self.text = _joined(self.text[: match.start()], "|", self.text[match.end() :])
        return match

    def take_all(self, pattern: str | re.Pattern[str]) -> list[re.Match[str]]:
        """Take matches out of the text, from left to right, until there is none."""
        found = []
        while match := self.take(pattern):
            found.append(match)
        return found

    def has(self, pattern: str) -> bool:
        """Whether the question, as it was marked, says this."""
        return re.search(pattern, self.marked.text) is not None

    def column(self, number: str) -> Column:
        """The column behind a mark, noting a doubtful reading as an assumption."""
        mention = self.marked.mention(number)
        self.note(number)
        return mention.column

    def note(self, number: str) -> None:
        """Write down how a doubtful mention was read."""
        mention = self.marked.mention(number)
        if mention.sure and not mention.others:
            return
        sentence = f"I took {code(mention.column.name)} for {quoted(mention.phrase)}"
        if mention.others:
            also = ", ".join(code(other.name) for other in mention.others[:3])
            sentence += f"; {also} would fit these words too"
        if sentence + "." not in self.assumptions:
            self.assumptions.append(sentence + ".")


def _joined(*texts: str) -> str:
    """The bar keeps words apart that did not stand beside each other."""
    return " ".join(" ".join(texts).split())
