"""Files as people really upload them, made on the spot."""

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
JUNK = bytes((number * 97 + number // 7) % 256 for number in range(5_000))


def _german() -> bytes:
    lines = [f"{day % 28 + 1:02d}.03.2024;1.{day:03d},50;0{1000 + day};München;1.{day}.3" for day in range(40)]
    return "\n".join(["Datum;Umsatz;PLZ;Ort;Version", *lines]).encode("latin-1")


def _wide() -> bytes:
    header = ";".join(f"Größe_{number}" for number in range(200))
    rows = (";".join("Köln" if at % 2 else f"{row + at},{at % 100:02d}" for at in range(200)) for row in range(50))
    return "\n".join([header, *rows]).encode("latin-1")


def _zip(members: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


TEXTS: dict[str, bytes] = {
    "plain.csv": b"name,age,joined,ok\nAda,36,2024-01-02,true\nBob,,2024-02-03,false\nCyd,41,2024-03-04,true\n",
    "german.csv": _german(),
    "wide.csv": _wide(),
    "windows.csv": "who,price\nA,“5 €”\nB,x\n".encode("cp1252"),
    "utf16.csv": "a,b\n1,é\n2,ü\n".encode("utf-16"),
    "utf16bare.csv": "a;b\n1;x\n2;y\n".encode("utf-16-le"),
    "bom.csv": "a;b\n1;é\n2;ü\n".encode("utf-8-sig"),
    "told.csv": b"sep=;\r\nname;v\r\na;1\r\nb;2\r\n",
    "preamble.csv": b"Quarterly report\nprinted 2024-05-05\n\nregion,sales\nN,1\nS,2\nN,3\n",
    "headless.csv": b"1,2024-01-05,x\n3,2024-01-06,y\n5,2024-01-07,z\n",
    "unitsrow.csv": 'when;weight;"price, net"\nYYYY-MM-DD;kg;€/kg\n2024-01-01;50;1,5\n2024-01-02;60;2,5\n2024-01-03;;3,5\n'.encode(),
    "unitsbelow.csv": b"Report\n\nt,v\ns,m/s\n0,1\n1,2\n2,3\n",
    "tworows.csv": b"region,2023,,2024,\n,sales,cost,sales,cost\nN,1,2,3,4\nS,5,6,7,8\nT,5,6,7,8\n",
    "tworowsfull.csv": b",2023,2023,2024,2024\nregion,sales,cost,sales,cost\nN,1,2,3,4\nS,5,6,7,8\n",
    "wordsfirst.csv": b"name,a,b\nfirst,low,high\nx,1,2\ny,3,4\nz,5,6\n",
    "years.csv": b"Country,2019,2020\nA,1,2\nB,3,4\n",
    "rownames.csv": b"a,b\nr1,1,2\nr2,3,4\nr3,5,6\n",
    "ragged.csv": b"a,b\n1,2\n3,4,5\n6,7\n8,9,10,11\n",
    "raggedfirst.csv": b"a,b\n1,2,3\n3,4\n6,7\n8,9\n",
    "tabs.tsv": b"a\tb\n1\tx\n2\ty\n",
    "pipe.txt": b"a|b|c\n1|2|3\n4|5|6\n",
    "quoted.csv": b'id,note\n1,"hello, ""you""\nsecond line"\n2,plain\n',
    "thousand.csv": b'who,amount\nA,"1,234.50"\nB,"2,000.00"\nC,12.25\n',
    "punkte.csv": b"Name;Preis\nA;1.234\nB;12.345\nC;999\n",
    "swiss.csv": b"who;amount\nA;1'234.50\nB;2'000'000.00\nC;12.25\n",
    "spaces.csv": b"a, b, c\n1, x, 2\n3, y, 4\n",
    "single.csv": b"value\n1\n2\n3\n",
    "us.csv": b"when,v\n01/31/2024,1\n02/28/2024,2\n",
    "moments.csv": b"t,v\n2024-01-01T10:00:00Z,1\n2024-01-02T10:00:00Z,2\n",
    "latebaddate.csv": b"d,v\n" + b"2024-01-05,1\n" * 2_500 + b"soon,2\n",
    "latetext.csv": b"a\n" + b"1\n" * 3_000 + b"x\n",
    "cr.csv": b"a,b\r1,2\r3,4\r",
    "headeronly.csv": b"a,b,c\n",
    "empty.csv": b"",
    "blank.csv": b"\xef\xbb\xbf\n\n  \n",
    "junk.csv": JUNK,
    "prose.txt": b"Dear all,\nthis is a letter; it holds no table.\nBye\n",
    "script.py": b"import os\nprint(1, 2)\n",
    "page.html": b"<!DOCTYPE html><table><tr><td>1</td></tr></table>",
    'it\'s "odd" {x} $y.csv': b"a,b\n1,2\n",
    "records.json": json.dumps([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]).encode(),
    "nested.json": json.dumps({"meta": 1, "results": [{"a": {"b": 1}}, {"a": {"b": 2}}]}).encode(),
    "flat.json": json.dumps([{"a": {"b": 1}}, {"a": {"b": 2}}]).encode(),
    "lines.jsonl": b'{"a":1,"b":"x"}\n{"a":2}\n',
    "deeper.json": json.dumps(
        {"page": 1, "data": {"short": [{"z": 1}], "items": [{"a": {"b": 1}}, {"a": {"b": 2}}]}}
    ).encode(),
    "pages.json": b'{"results": [{"a": 1}], "meta": {"pages": [{"n": 1}, {"n": 2}]}}',
    "rows.json": b'[["a", "b"], [1, "x"], [2, "y"]]',
    "split.json": b'{"columns": ["a", "b"], "index": [0, 1], "data": [[1, 2], [3, 4]]}',
    "scalar.json": b'{"a":1}',
    "cut.json": b'{"a":',
    "deep.json": b"[" * 100_000,
    "fake.xlsx": b"not a workbook",
    "cut.xlsx": b"PK\x03\x04" + b"x" * 100,
    "locked.xlsx": OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600),
    "page.xls": b"<html><body><table><tr><td>1</td></tr></table></body></html>",
    "old.xls": OLE + bytes(2_000),
    "text.xls": b"a\tb\n1\t2\n",
    "cut.parquet": b"PAR1" + bytes(50),
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "paper.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n" + bytes(range(256)) * 4,
    "packed.csv.gz": gzip.compress(b"a;b\n1;2\n3;4\n"),
    "packed.dat": gzip.compress(b"a;b\n1;2\n3;4\n"),
    "packed.csv.bz2": bz2.compress(b"a;b\n1;2\n3;4\n"),
    "packed.csv.xz": lzma.compress(b"a;b\n1;2\n3;4\n"),
    "packed.jsonl.gz": gzip.compress(b'{"a":1,"b":"x"}\n{"a":2}\n'),
    "packed.json.gz": gzip.compress(b'[{"a": {"b": 1}}, {"a": {"b": 2}}]'),
    "packed.csv.zst": b"\x28\xb5\x2f\xfd" + bytes(40),
    "packedjunk.csv.gz": gzip.compress(JUNK),
    "one.zip": _zip({"a.csv": "a;b\n1;2\n"}),
    "two.zip": _zip({"x/a.csv": "a;b\n1;2\n", "b.csv": "c,d\n1,x\n2,y\n", "../../evil.sh": "x", ".hidden.csv": "x"}),
    "none.zip": _zip({"readme.md": "nothing"}),
}


def make(folder: Path) -> None:
    """Write every file into a folder."""
    for name, content in TEXTS.items():
        (folder / name).write_bytes(content)
    for write in BINARIES:
        write(folder)


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": ["N", "S", "N", "E"] * 5,
            "sales": range(20),
            "when": pd.date_range("2024-01-01", periods=20),
            "none": [None] * 20,
            "2024": [1.5] * 20,
        }
    )


def _book(folder: Path) -> None:
    titled = pd.DataFrame([["Title", None, None], [None] * 3, ["k", "v", "w"], ["a", 1, 2], ["b", 2, 3]])
    with pd.ExcelWriter(folder / "book.xlsx") as book:
        _frame().rename(columns={"2024": 2024}).to_excel(book, sheet_name="Data", index=False)
        pd.DataFrame({"a": ["x"]}).to_excel(book, sheet_name="Büro 'Q'", index=False)
        pd.DataFrame().to_excel(book, sheet_name="Empty", index=False)
        titled.to_excel(book, sheet_name="Titled", index=False, header=False)
    with pd.ExcelWriter(folder / "nothing.xlsx") as book:
        pd.DataFrame().to_excel(book, index=False)


def _messy(folder: Path) -> None:
    """A sheet as a department keeps it: a title, a header of two rows, commas in numbers, totals and a note below."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Sales of the northern branch"],
        ["as of 05.02.2024"],
        [],
        ["Region", "Day", "Shop", None, "Online", None],
        [None, None, "Units", "Revenue", "Units", "Revenue"],
        ["North", "01.02.2024", 3, "1.234,50", 1, "99,90"],
        ["South", "02.02.2024", 4, "2.000,25", 2, "10,00"],
        ["North", "15.02.2024", 5, "17,75", 3, "1.000,00"],
        ["Total", None, 12, "3.252,50", 6, "1.109,90"],
        ["* without returns"],
    ):
        sheet.append(row)
    sheet.merge_cells("C4:D4")
    sheet.merge_cells("E4:F4")
    book.save(folder / "department.xlsx")


def _odd_books(folder: Path) -> None:
    """A table away from the corner, blank rows over its totals, hidden sheets, formulas that were never worked out."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    hidden = book.create_sheet("Old prices")
    hidden.sheet_state = "hidden"
    sheet = book.create_sheet("Prices")
    for row in (["secret", "v"], ["x", 1]):
        hidden.append(row)
    for number, row in enumerate((["fruit", "price"], ["Apple", 2], ["Pear", 3], [None], ["Total", 5]), 4):
        for place, value in enumerate(row, 3):
            sheet.cell(number, place, value)
    sheet.cell(8, 9).number_format = "0.00"
    book.save(folder / "corner.xlsx")
    book.save(folder / "called_text.csv")
    for name, below in (("far.xlsx", {"D1048576": "x"}), ("gaps.xlsx", {"A9": "p", "B9": 3, "A12": "Total", "B12": 6})):
        book = openpyxl.Workbook()
        for row in (("a", "b"), ("m", 1), ("n", 2)):
            book.active.append(row)
        for place, value in below.items():
            book.active[place] = value
        book.save(folder / name)
    book = openpyxl.Workbook()
    for row in (["a", "twice"], [1, "=2*A2"], [2, "=2*A3"]):
        book.worksheets[0].append(row)
    book.save(folder / "unsaved.xlsx")


def _mixed(folder: Path) -> None:
    with zipfile.ZipFile(folder / "mixed.zip", "w") as archive:
        for name in (
            "table.parquet",
            "table.feather",
            "book.xlsx",
            "lines.jsonl",
            "nested.json",
            "plain.csv",
            "paper.pdf",
        ):
            archive.write(folder / name, f"in/{name}")


def _columnar(folder: Path) -> None:
    _frame().to_parquet(folder / "table.parquet")
    _frame().to_feather(folder / "table.feather")
    pd.DataFrame({"l": [[1, 2], [3]], "d": [{"a": 1}, {"a": 2}]}).to_parquet(folder / "lists.parquet")
    _frame().head(0).to_parquet(folder / "norows.parquet")
    _frame().groupby(["region", "when"])[["sales"]].sum().to_parquet(folder / "grouped.parquet")


def _database(folder: Path) -> None:
    database = sqlite3.connect(folder / "data.sqlite")
    database.execute('create table "my ""tab"(x int, y text)')
    database.execute("create table none(z real)")
    database.executemany('insert into "my ""tab" values(?, ?)', [(number, "q") for number in range(30)])
    database.commit()
    database.close()


def _bombs(folder: Path) -> None:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.csv", b"0\n" * 1_000)
        archive.filelist[0].file_size = 3 << 30
    with zipfile.ZipFile(folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/sharedStrings.xml", "x")
        archive.filelist[1].file_size = 300 << 20
    with zipfile.ZipFile(folder / "secret.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
        archive.filelist[0].flag_bits |= 1


BINARIES: tuple[Callable[[Path], None], ...] = (_book, _messy, _odd_books, _columnar, _database, _bombs, _mixed)
