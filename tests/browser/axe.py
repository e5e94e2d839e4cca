"""What axe, the accessibility checker, finds on a page, in light and in dark."""

from collections.abc import Sequence
from importlib.resources import files

from playwright.sync_api import Page, expect

from tests.browser.acting import drawn

_SCRIPT = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RUN = """where => axe.run(where ?? document, {resultTypes: ["violations"], iframes: false}).then(({violations}) =>
  violations.flatMap(({id, impact, nodes}) => nodes.map((node) => [id, impact, node.target.join(" "), node.html])))"""
_DARK = "dark => (getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark') === dark"


_STREAMLITS = {
    # It sets no tabindex on a block of code that scrolls, and hands on no way to; browsers themselves let Tab reach it.
    "scrollable-region-focusable": "<pre ",
}
"""What is Streamlit's own to mend: a rule, and how the elements begin that break it."""


def usable(page: Page, within: str | None = None, schemes: Sequence[str] = ("dark", "light")) -> None:
    """Nothing grave is found, in these schemes: on the whole page, or in the part of it that a selector names."""
    if within:
        expect(page.locator(within).first).to_be_visible()
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_SCRIPT)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_function(_DARK, arg=scheme == "dark")
        drawn(page)
        assert _grave(page, within) == [], f"axe, on {page.url} in {scheme}"


def _grave(page: Page, within: str | None) -> list[str]:
    found: list[list[str]] = page.evaluate(_RUN, within)
    return [
        f"{rule}: {target}: {html}"
        for rule, impact, target, html in found
        if impact in {"serious", "critical"} and not (rule in _STREAMLITS and html.startswith(_STREAMLITS[rule]))
    ]
