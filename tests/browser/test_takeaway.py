"""What is taken away from a conversation opens elsewhere, by itself, and holds what the chat has shown."""

import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acting import ANSWER, ask, attach, saved, settled, talk

pytestmark = pytest.mark.browser

SALES = "region,revenue\n" + "".join(f"{['North', 'South', 'West', '=1+1'][n % 4]},{n}\n" for n in range(1_200))


def test_a_report_a_chart_and_a_table_are_taken_away(browser: Browser, page: Page, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES)
    attach(page, tmp_path / "sales.csv")
    ask(page, "What is the total revenue by region?")
    settled(page)
    expect(talk(page).locator(".js-plotly-plot").first).to_be_visible(timeout=ANSWER)
    ask(page, "```python\nimport pandas as pd\npd.read_csv('inputs/sales.csv')\n```")
    settled(page)

    sheet = talk(page).locator("[class*=st-key-sheet-]").last
    files = {
        name: saved(page, sheet.get_by_role("button", name=re.compile(name)), tmp_path)
        for name in ("CSV", "Excel", "Parquet")
    }
    assert pd.read_csv(files["CSV"])["region"].tolist()[3] == "'=1+1"
    assert len(pd.read_excel(files["Excel"])) == 1_200
    assert pd.read_parquet(files["Parquet"])["revenue"].tolist() == list(range(1_200))

    chart = talk(page).locator("[class*=st-key-figure-]").first
    for form, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        chart.get_by_role("button", name="Save chart").click()
        page.get_by_role("radio", name=form).click()
        expect(page.get_by_text(f"it saves {form}")).to_be_visible()
        page.keyboard.press("Escape")
        chart.locator(".js-plotly-plot").hover()
        assert saved(page, chart.locator("[data-title^='Download plot']"), tmp_path).read_bytes().startswith(begins)
    chart.get_by_role("button", name="Save chart").click()
    alone = saved(page, page.get_by_role("button", name="HTML"), tmp_path)
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Take away").click()
    report = saved(page, page.get_by_role("button", name="Report"), tmp_path)
    everything = saved(page, page.get_by_role("button", name="Everything"), tmp_path)
    with zipfile.ZipFile(io.BytesIO(everything.read_bytes())) as packed:
        assert {"report.html", "conversation.ipynb", "inputs/sales.csv", "files/table.csv"} < set(packed.namelist())
    for path in (report, alone):
        _opens_by_itself(browser, path, tmp_path)


def _opens_by_itself(browser: Browser, path: Path, folder: Path) -> None:
    """From the disk: nothing is asked of any network, the chart is drawn, and it can be saved as both pictures."""
    context = browser.new_context(color_scheme="dark")
    try:
        opened = context.new_page()
        asked: list[str] = []
        wrong: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        opened.goto(path.as_uri())
        chart = opened.locator(".chart").first
        expect(chart.locator(".main-svg").first).to_be_visible()
        assert chart.locator(".bars .point").count() == 4
        for form, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
            chart.hover()
            picture = saved(opened, chart.locator(f"[data-title='Save as {form}']"), folder)
            assert picture.read_bytes().startswith(begins)
        _prints_black_on_white(opened)
        assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [path.as_uri()]
        assert wrong == []
    finally:
        context.close()


def _prints_black_on_white(opened: Page) -> None:
    """From a dark screen too, with charts no wider than paper; and the screen is as it was after that."""
    paper = "rgb(255, 255, 255)"
    drawing = opened.locator(".chart .main-svg").first
    dark = drawing.evaluate("svg => svg.style.background")
    assert dark != paper
    seen = "document.querySelector('.main-svg').style.background"
    opened.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {seen}; }})")
    assert opened.pdf(format="A4").startswith(b"%PDF")
    assert opened.evaluate("window.printed") == paper
    expect(drawing).to_have_css("background-color", dark)
    opened.set_viewport_size({"width": 680, "height": 900})
    opened.emulate_media(media="print", color_scheme="dark")
    expect(opened.locator("body")).to_have_css("background-color", paper)
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")  # which only a real printing brings by itself
    assert opened.evaluate("document.documentElement.scrollWidth") <= 680
