"""Attempts to get out by what a call leaves behind: names, pages, images, and too much of everything."""

from agent_core.exports.frame import NotFramed, harmless
from agent_core.files.names import safe_name
from agent_core.tools.harvest import MOST_FILES
from agent_core.tools.outcome import MODEL_TEXT
from agent_core.validation.hostile import programs
from agent_core.validation.hostile.attempt import Attempt
from agent_core.validation.hostile.scene import Scene, Told

_MOST_RESULTS = 200
"""Results of one call that may be shown; providers stop earlier."""


async def escape_by_name(scene: Scene) -> Attempt:
    """Leave the folder by a file's name or by a link."""
    told = Told(
        "names",
        "Leave its folder by a file's name",
        "It wrote files whose names climb out of the folder or look like markup, and links to files of this machine.",
        "tools",
        "The tool layer: links are not followed, and of a name only a safe, single part is kept.",
    )
    before = scene.canaries.listing()
    outcome = await scene.run(programs.write_names(str(scene.canaries.file)))
    names = [artifact.name for artifact in outcome.artifacts]
    if scene.canaries.listing() != before:
        return told.ended(outcome, got_through="A file was written outside the sandbox.")
    if scene.holds(scene.canaries.in_file, outcome):
        return told.ended(outcome, got_through="A link led to a file of this machine.")
    unsafe = [name for name in names if name != safe_name(name)]
    return told.ended(outcome, got_through=f"A name came out as it was: {unsafe[0]!r}." if unsafe else "")


async def draw_page(scene: Scene) -> Attempt:
    """Have the page show HTML that sends something away."""
    told = Told(
        "html",
        "Send something away with an HTML page",
        "It showed HTML with a script and a picture that would call home.",
        "page",
        "The page: HTML is shown without scripts, links and anything that would load, in a frame that has no origin.",
    )
    address = f"http://127.0.0.1:{scene.canaries.port}"
    before = len(scene.canaries.heard)
    outcome = await scene.run(programs.draw_pages(address))
    pages = [artifact for artifact in outcome.artifacts if artifact.media_type == "text/html"]
    kept = [_framed(scene.bench.kept[artifact.sha256]) for artifact in pages]
    if any(address in page for page in kept) or len(scene.canaries.heard) > before:
        return told.ended(outcome, got_through="What is shown of the HTML still calls home.")
    if not pages:
        return told.as_attempt("inconclusive", "The HTML did not come out of the sandbox.", outcome.message)
    return told.ended(outcome, ending="page")


def _framed(page: bytes) -> str:
    """What the page would show of it."""
    try:
        return harmless(page)
    except NotFramed:
        return ""


async def draw_image(scene: Scene) -> Attempt:
    """Have the page show an image that loads or runs something."""
    told = Told(
        "svg",
        "Send something away with an SVG image",
        "It wrote SVG images that load, that run a script, and that are an address or a path instead of an image.",
        "page",
        "The page: an SVG is shown as a picture in which nothing runs or loads, and what is no SVG only as a file.",
    )
    address = f"http://127.0.0.1:{scene.canaries.port}"
    before = len(scene.canaries.heard)
    outcome = await scene.run(programs.draw_images(address, str(scene.canaries.file)))
    if len(scene.canaries.heard) > before:
        return told.ended(outcome, got_through="The image was loaded before anybody looked at it.")
    return told.ended(outcome, ending="page")


async def flood_output(scene: Scene) -> Attempt:
    """Print without end."""
    told = Told(
        "output",
        "Flood the conversation with output",
        "It printed without end.",
        "tools",
        "The output limit ended the call, the model reads a cut of it, and the next call works.",
    )
    outcome = await scene.run(programs.flood_output())
    after = await scene.run("print('answers', 'on')")
    if outcome.error not in {"output_limit", "timeout", "sandbox_crashed"}:
        return told.ended(outcome, got_through="The output had no end.")
    if len(outcome.cut(MODEL_TEXT).stdout) > MODEL_TEXT + 200 or "answers on" not in after.stdout:
        return told.ended(after, got_through="The flood was not contained.")
    return told.as_attempt("stopped", told.stopped_by, outcome.message)


async def flood_results(scene: Scene) -> Attempt:
    """Leave files and results without number."""
    told = Told(
        "results",
        "Flood the conversation with files and results",
        "It left a thousand files and showed a thousand results in one call.",
        "tools",
        f"The tool layer: of one call {MOST_FILES} files are taken, and a bounded number of results.",
    )
    outcome = await scene.run(programs.flood_results())
    too_many = len(outcome.artifacts) > MOST_FILES + _MOST_RESULTS
    taken = f"{len(outcome.artifacts)} files and results were taken." if not too_many else ""
    return told.ended(
        outcome, got_through="All of them were taken." if too_many else "", by=f"{told.stopped_by} {taken}"
    )
