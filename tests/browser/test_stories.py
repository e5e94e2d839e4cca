"""Three jobs from the file to what is taken away, done by hand in the browser."""

import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import made
from tests.browser.acting import ANSWER, ask, attach, picture, saved, settled, talk

pytestmark = pytest.mark.browser


def figures(page: Page) -> str:
    """What the newest answer says."""
    return talk(page).get_by_label("Chat message from assistant").last.inner_text()


def written(number: float) -> str:
    return f"{number:,.0f}" if number >= 100_000 else f"{number:,.1f}"


def test_a_messy_sheet_becomes_a_chart_and_a_cleaned_file(page: Page, tmp_path: Path) -> None:
    """Titles, a header of two rows, decimal commas, totals below: asked about at once, and given back clean."""
    frame = made.sales()
    made.as_a_department_keeps_it(frame, tmp_path / "sales.xlsx")
    attach(page, tmp_path / "sales.xlsx")
    ask(page, "What is the total revenue by region?")
    settled(page)
    expect(talk(page)).to_contain_text("300 rows × 5 columns")
    expect(talk(page)).to_contain_text("totals at the end of the sheet")
    expect(talk(page).locator(".js-plotly-plot").first).to_be_visible(timeout=ANSWER)
    for region, revenue in frame.groupby("Region").Revenue.sum().items():
        assert str(region) in figures(page)
        assert written(revenue) in figures(page)
    picture(page, "sheet-1-chart")

    ask(page, "monthly revenue as a line chart")
    settled(page)
    expect(talk(page).locator(".js-plotly-plot .scatterlayer .js-line").first).to_be_attached(timeout=ANSWER)
    ask(page, "Give me a cleaned file as Excel")
    settled(page)
    picture(page, "sheet-2-cleaned")
    file = saved(page, talk(page).get_by_test_id("stDownloadButton").last.locator("button"), tmp_path)
    cleaned = pd.read_excel(file)
    assert file.suffix == ".xlsx"
    pd.testing.assert_frame_equal(cleaned, frame, check_dtype=False)


def test_two_files_are_joined_and_a_report_is_taken_away(browser: Browser, page: Page, tmp_path: Path) -> None:
    """Orders and their customers: asked about together, narrowed by what only the second knows, sent on as a page."""
    joined = made.orders(tmp_path)
    attach(page, tmp_path / "orders.csv", tmp_path / "customers.csv")
    ask(page, "What is the total amount by segment?")
    settled(page)
    for segment, amount in joined.groupby("segment").amount.sum().items():
        assert str(segment) in figures(page)
        assert written(amount) in figures(page)
    expect(talk(page)).to_contain_text("I joined orders.csv with customers.csv by customer_id")
    ask(page, "only Oslo")
    settled(page)
    for amount in joined[joined.city == "Oslo"].groupby("segment").amount.sum():
        assert written(amount) in figures(page)
    picture(page, "joined-1-narrowed")

    page.get_by_role("button", name="Take away").click()
    report = saved(page, page.get_by_role("button", name="Report"), tmp_path)
    with browser.new_context(viewport={"width": 1100, "height": 900}) as elsewhere:
        opened = elsewhere.new_page()
        opened.goto(report.as_uri())
        expect(opened.locator(".chart .main-svg").first).to_be_visible(timeout=ANSWER)
        questions, text = opened.locator("section.question"), opened.inner_text("main")
        expect(questions).to_have_text(["What is the total amount by segment?", "only Oslo"])
        assert "orders.csv" in text
        assert "customers.csv" in text
        for frame in (joined, joined[joined.city == "Oslo"]):
            for segment, amount in frame.groupby("segment").amount.sum().items():
                assert str(segment) in text
                assert written(amount) in text
        picture(opened, "joined-2-report")


def test_two_million_rows_are_explored(page: Page, tmp_path: Path) -> None:
    """A Parquet file of two million rows: its profile, an average, a trend and a distribution, each within a minute."""
    frame = made.trips(tmp_path / "trips.parquet")
    attach(page, tmp_path / "trips.parquet")
    ask(page, "average fare by vehicle")
    settled(page)
    expect(talk(page)).to_contain_text("2,000,000 rows × 5 columns")
    for vehicle, fare in frame.groupby("vehicle", observed=True).fare.mean().items():
        assert str(vehicle) in figures(page)
        assert re.search(rf"{fare:.2f}".rstrip("0").rstrip(".").replace(".", r"\."), figures(page))
    ask(page, "How many trips per month?")
    settled(page)
    by_month = frame.started.dt.month.value_counts()
    assert f"{by_month.max():,}" in figures(page)
    assert f"{by_month.min():,}" in figures(page)
    picture(page, "large-1-months")
    ask(page, "how is the distance distributed?")
    settled(page)
    assert f"{frame.distance_km.max():g}" in figures(page)
    expect(talk(page).locator(".js-plotly-plot").last).to_be_visible(timeout=ANSWER)
    picture(page, "large-2-distances")
