"""The question sets under `benchmarks/questions`: real data from installed packages, served as people send it.

A set names its file or files, how each is served, and conversations of turns. A turn has `ask` and what is expected
of the answer, as an expression of pandas over the original frame: `df`, or `a` and `b` where there are two files.
"""

import gzip
import io
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import yaml

FOLDER = Path(__file__).parents[3] / "benchmarks" / "questions"


@dataclass(frozen=True)
class Source:
    """One file of a set: where its data come from, and the form in which the analyst gets them."""

    file: str
    origin: str
    form: str

    @cached_property
    def frame(self) -> pd.DataFrame:
        package, _, inside = self.origin.partition("/")
        if package.startswith("sklearn:"):
            return _bundled(package.removeprefix("sklearn:"))
        path = self._path(package, inside)
        if path.suffix == ".json":
            return pd.read_json(path)
        return pd.read_csv(path, sep=";" if inside.endswith("modechoice.csv") else ",")

    @property
    def content(self) -> bytes:
        """The bytes of the file as it is served."""
        if self.form:
            return _FORMS[self.form](self.frame)
        package, _, inside = self.origin.partition("/")
        return self._path(package, inside).read_bytes()

    @staticmethod
    def _path(package: str, inside: str) -> Path:
        spec = find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations
        return Path(spec.submodule_search_locations[0], *inside.split("/"))


@dataclass(frozen=True)
class Conversation:
    """Questions that follow one another, over the files of one set."""

    name: str
    sources: tuple[Source, ...]
    turns: tuple[dict[str, Any], ...]
    held_out: bool

    @property
    def names(self) -> dict[str, Any]:
        """What an expected value may speak of."""
        frames = [one.frame for one in self.sources]
        return {"pd": pd, "df": frames[0], **dict(zip("ab", frames, strict=False))}


def conversations() -> Iterator[Conversation]:
    """Every conversation of every set, in the order of the files."""
    for path in sorted(FOLDER.glob("*.yaml")):
        document = yaml.safe_load(path.read_text("utf-8"))
        given = document.get("files") or [document]
        sources = tuple(Source(one["file"], one["from"], one.get("as", "")) for one in given)
        for one in document["conversations"]:
            yield Conversation(path.stem, sources, tuple(one["turns"]), bool(one.get("held_out")))


def _bundled(name: str) -> pd.DataFrame:
    from sklearn import datasets

    load = {
        "wine": datasets.load_wine,
        "breast_cancer": datasets.load_breast_cancer,
        "diabetes": partial(datasets.load_diabetes, scaled=False),
        "linnerud": datasets.load_linnerud,
    }[name]
    return load(as_frame=True).frame


def _dates_as_text(frame: pd.DataFrame, style: str) -> pd.DataFrame:
    dated = {name: pd.to_datetime(frame[name]).dt.strftime(style) for name in frame if str(name) == "date"}
    return frame.assign(**dated)


def _german(frame: pd.DataFrame) -> bytes:
    text = _dates_as_text(frame, "%d.%m.%Y").to_csv(sep=";", decimal=",", index=False)
    return text.encode("cp1252")


def _titled(frame: pd.DataFrame) -> bytes:
    """A sheet with a title, a line on its origin and an empty row above its header."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Figures by country"])
    sheet.append(["exported for the board, all years"])
    sheet.append([])
    sheet.append([str(name) for name in frame])
    for row in frame.itertuples(index=False):
        sheet.append([getattr(value, "item", lambda value=value: value)() for value in row])
    return _saved(book.save)


def _saved(save: Any) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def _zipped(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("prices.csv", frame.to_csv(index=False))
    return out.getvalue()


def _database(frame: pd.DataFrame) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.sqlite")
        connection = sqlite3.connect(path)
        frame.to_sql("generation", connection, index=False)
        connection.close()
        return path.read_bytes()


_FORMS = {
    "german_csv": _german,
    "german_csv_gz": lambda frame: gzip.compress(_german(frame), mtime=0),
    "gz": lambda frame: gzip.compress(frame.to_csv(index=False).encode(), mtime=0),
    "titled_xlsx": _titled,
    "parquet": lambda frame: _saved(frame.to_parquet),
    "feather": lambda frame: _saved(frame.to_feather),
    "sqlite": _database,
    "tsv": lambda frame: frame.to_csv(sep="\t", index=False).encode(),
    "jsonl": lambda frame: frame.to_json(orient="records", lines=True).encode(),
    "zip": _zipped,
}
