"""Python literals for text that comes from files and questions."""

from collections.abc import Iterable


def literal(value: str | float) -> str:
    """A literal of this value, in double quotes where that changes nothing."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - exact in a float
        return repr(int(value))
    text = repr(value)
    if text.startswith("'") and '"' not in text and "\\" not in text:
        return f'"{text[1:-1]}"'
    return text


def literals(values: Iterable[str | float]) -> str:
    """A list literal."""
    return f"[{', '.join(literal(value) for value in values)}]"


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """The wanted name, lengthened until no column has it."""
    present = set(taken)
    while wanted in present:
        wanted += "_"
    return wanted


def comparable(table: str) -> list[str]:
    """Lines that make `compared` of a table: with lists in cells as text, so that cells can be counted."""
    return [
        "# Lists in cells can't be compared, but their texts can.",
        "def holds_lists(cells):",
        "    lists = (hasattr(cell, '__len__') and type(cell) is not str for cell in cells)",
        "    return cells.dtype == object and any(lists)",
        "",
        "",
        f"compared = {table}.apply(lambda cells: cells.map(str) if holds_lists(cells) else cells)",
        "",
    ]
