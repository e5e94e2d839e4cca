"""Files: the result of a question, or the whole table cleaned."""

from agent_core.analyst.query import FileFormat, Query
from agent_core.analyst.write.literals import comparable, literal
from agent_core.files.formulas import FORMULA, NUMBER

_WRITERS: dict[FileFormat, str] = {
    "csv": "to_csv({name}, index=False)",
    "xlsx": "to_excel({name}, index=False)",
    "json": 'to_json({name}, orient="records", date_format="iso", indent=2)',
    "parquet": "to_parquet({name}, index=False)",
}
_SPREADSHEETS: frozenset[FileFormat] = frozenset({"csv", "xlsx"})
_TEXT_ONLY = (
    "def text_only(value):",
    '    """A text that a spreadsheet would run as a formula, marked as text."""',
    f"    formula = isinstance(value, str) and re.match({FORMULA!r}, value)",
    f"    formula = formula and not re.fullmatch({NUMBER!r}, value)",
    """    return f"'{value}" if formula else value""",
    "",
)
_MARKED = (
    'texts = [place for place, kind in enumerate(spreadsheet.dtypes) if kind.kind == "O"]',
    "for place in texts:",
    "    spreadsheet.isetitem(place, spreadsheet.iloc[:, place].map(text_only))",
)
_TABLES = {"aggregate": "result", "rows": "result", "unique": "result", "quality": "result", "outliers": "result"}
_TABLES |= {"correlation": "pairs", "overview": "data", "clean": "cleaned", "columns": "data"}


def file_name(query: Query) -> str:
    """The name of the file that is written."""
    return f"{query.table.variable}_{'cleaned' if query.intent == 'clean' else query.intent}.{query.export or 'csv'}"


def export(query: Query) -> list[str]:
    """Lines that write the table of this question into the working folder."""
    if query.export is None:
        return []
    table = _TABLES.get(query.intent, "data")
    if query.intent == "aggregate" and not query.groups:
        table = "data"
    writer = _WRITERS[query.export].format(name=literal(file_name(query)))
    told = f'print("written:", len({table}))'
    if query.export not in _SPREADSHEETS:
        return ["", f"{table}.{writer}", told]
    return [
        "",
        *_TEXT_ONLY,
        f"spreadsheet = {table}.rename(columns=text_only)",
        *_MARKED,
        f"spreadsheet.{writer}",
        told,
    ]


def clean(query: Query) -> list[str]:
    """Lines that clean the whole table: spaces, repeated and empty rows, empty columns."""
    drop = ["cleaned = cleaned.dropna()"] if query.drop_missing else []
    return [
        "cleaned = data.copy()",
        "# Spaces around text, and text that only says that there is nothing.",
        'for name in cleaned.select_dtypes(include=["object", "string"]):',
        "    is_text = cleaned[name].map(lambda value: isinstance(value, str))",
        (
            "    cleaned[name] = cleaned[name].where(~is_text, "
            'cleaned[name].astype("string").str.strip().replace("",'
            " pd.NA))"
        ),
        'cleaned = cleaned.dropna(how="all").dropna(how="all", axis="columns")',
        *comparable("cleaned"),
        "repeated = compared.duplicated()",
        "cleaned = cleaned[~repeated]",
        *drop,
        "",
        'print("rows:", len(data))',
        'print("kept:", len(cleaned))',
        'print("duplicates:", repeated.sum())',
        'print("columns removed:", data.shape[1] - cleaned.shape[1])',
        "display(cleaned.head(20))",
    ]
