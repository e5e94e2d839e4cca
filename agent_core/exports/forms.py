"""The forms in which a conversation can be taken away, in the order in which they are offered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_core.events import Event
from agent_core.exports.archive import everything_zip, notebook_zip
from agent_core.exports.report import to_report
from agent_core.exports.script import to_script
from agent_core.exports.story import Read, tell
from agent_core.exports.text import to_markdown
from agent_core.files.names import safe_name

_LONGEST_STEM = 60


@dataclass(frozen=True, slots=True)
class Form:
    """One form: what it is called, what it is for, and how it is made from a title, events and their bytes."""

    key: str
    label: str
    purpose: str
    ending: str
    media_type: str
    make: Callable[[str, Sequence[Event], Read], bytes]

    def file_name(self, title: str) -> str:
        """A file name made of the conversation's title."""
        stem = safe_name(title.replace(".", " "))[:_LONGEST_STEM].rstrip(" .") or "conversation"
        return safe_name(f"{stem}.{self.ending}")


FORMS = (
    Form(
        "report",
        "Report",
        "A web page with charts to explore. It opens anywhere, also without a network.",
        "html",
        "text/html",
        lambda title, events, read: to_report(tell(title, events), read),
    ),
    Form(
        "notebook",
        "Jupyter notebook",
        "Runs from top to bottom. A ZIP with its input files.",
        "zip",
        "application/zip",
        lambda title, events, read: notebook_zip(tell(title, events), read),
    ),
    Form(
        "script",
        "Python script",
        "The code of all runs in one file.",
        "py",
        "text/x-python",
        lambda title, events, _: to_script(tell(title, events)),
    ),
    Form(
        "markdown",
        "Markdown",
        "The text, code and tables, for a document or a wiki.",
        "md",
        "text/markdown",
        lambda title, events, read: to_markdown(tell(title, events), read),
    ),
    Form(
        "everything",
        "Everything",
        "All of these and all files, in one ZIP.",
        "zip",
        "application/zip",
        lambda title, events, read: everything_zip(tell(title, events), events, read),
    ),
)
