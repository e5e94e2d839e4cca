"""Files for the stories, made as people make them, with what is really in them."""

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.styles import Font

REGIONS = {"North": ("Bergen", "Tromsø"), "South": ("Lyon", "Marseille"), "West": ("Galway",)}


def sales() -> pd.DataFrame:
    """Sixty days of three regions."""
    random = np.random.default_rng(7)
    days = pd.date_range("2024-01-01", periods=60)
    return pd.DataFrame(
        [
            (region, branch, day, int(random.integers(1, 40)), round(float(random.uniform(100, 9_000)), 2))
            for day in days
            for region, branches in REGIONS.items()
            for branch in branches
        ],
        columns=["Region", "Branch", "Day", "Units", "Revenue"],
    )


def as_a_department_keeps_it(frame: pd.DataFrame, path: Path) -> None:
    """A title, a merged header of two rows, dates and decimal commas as text, stray spaces, totals and a note."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sales 2024"
    sheet.append(["Sales of all branches"])
    sheet.append(["as of 1 March 2024, not yet audited"])
    sheet.append([])
    sheet.append(["Where", None, "When", "Sold", None])
    sheet.append(["Region", "Branch", "Day", "Units", "Revenue"])
    sheet.merge_cells("A4:B4")
    sheet.merge_cells("D4:E4")
    sheet["A1"].font = Font(bold=True, size=14)
    for number, row in enumerate(frame.itertuples(index=False)):
        region = f" {row.Region}" if number % 11 == 0 else row.Region
        sheet.append([region, row.Branch, f"{row.Day:%d.%m.%Y}", row.Units, comma(row.Revenue)])
    sheet.append(["Total", None, None, int(frame.Units.sum()), comma(frame.Revenue.sum())])
    sheet.append(["* revenue in euros, without returns"])
    book.save(path)


def comma(number: float) -> str:
    """`1.234,50`."""
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def orders(folder: Path) -> pd.DataFrame:
    """Two files, `orders.csv` and `customers.csv`; returned as one table."""
    random = np.random.default_rng(11)
    customers = pd.DataFrame(
        {
            "customer_id": range(1, 41),
            "segment": [("Retail", "Wholesale", "Public")[number % 3] for number in range(40)],
            "city": [("Oslo", "Rome", "Bonn", "Graz")[number % 4] for number in range(40)],
        }
    )
    placed = pd.DataFrame(
        {
            "order_id": range(1, 801),
            "customer_id": random.integers(1, 41, 800),
            "ordered": pd.date_range("2023-01-01", periods=800, freq="D").strftime("%Y-%m-%d"),
            "amount": random.uniform(5, 500, 800).round(2),
        }
    )
    placed.to_csv(folder / "orders.csv", index=False)
    customers.to_csv(folder / "customers.csv", index=False, sep=";")
    return placed.merge(customers, on="customer_id")


def trips(path: Path, rows: int = 2_000_000) -> pd.DataFrame:
    """A large Parquet file of trips in a city."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "started": pd.Timestamp("2023-01-01") + pd.to_timedelta(random.integers(0, 365 * 86_400, rows), unit="s"),
            "district": pd.Categorical.from_codes(
                random.integers(0, 6, rows), ["Centre", "Harbour", "Hill", "Lake", "Mill", "Park"]
            ),
            "vehicle": pd.Categorical.from_codes(random.integers(0, 3, rows), ["bike", "scooter", "tram"]),
            "distance_km": random.gamma(2.0, 2.0, rows).round(2),
            "fare": random.uniform(1, 9, rows).round(2),
        }
    )
    frame.to_parquet(path, compression="zstd")
    return frame
