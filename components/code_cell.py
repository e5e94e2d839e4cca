"""One call into the sandbox: its code, what it wrote and how it ended, folded behind one line."""

import re
from decimal import Decimal
from typing import Literal

import streamlit as st

from agent_core.contract import Language
from agent_core.errors import ErrorKind, meaning
from agent_core.events import CodeFinished, ContractDenied
from components import artifact, notes, units
from components.markdown import plain
from components.segments import Run

_NAMES: dict[Language, str] = {"python": "Python", "bash": "Bash", "javascript": "JavaScript", "r": "R"}
_BARE = re.compile(r"[\w.]+: *")
"""An exception that says no more than its name."""
_OURS = re.compile(r"\bRingfence: ([^<>]+)>?\Z")
"""How the proxy's answer ends an exception of whatever library was used."""
_TALL = 320
"""Pixels after which code or output scrolls by itself."""
_MANY_LINES = 16
_NEWEST_LINES = 12
_LONGEST_OUTPUT = 40_000

Acts = Literal["none", "later", "now"]
"""Whether something can be done with a run's code: never, when no turn runs, or at once."""


Act = Literal["", "edit", "explain"]
"""What the person wants done with a run's code."""


def draw(run: Run, read: artifact.Read, key: str, denied: ContractDenied | None = None, *, acts: Acts = "none") -> Act:
    """Show a run that is over, with the denial that it ended with. Returns what is to be done with its code."""
    done = run.finished
    wanted: Act = ""
    with st.expander(_headline(run), icon=_icon(run), type="compact", key=f"run-{key}"):
        _text(run.started.code, run.started.language)
        if acts != "none" and run.started.code:
            wanted = _actions(key, disabled=acts == "later")
        if done is not None:
            _output(done)
            st.caption(_ended(done, run.usd))
    if done is not None:
        _results(done, read, key, denied)
    return wanted


def _actions(key: str, *, disabled: bool) -> Act:
    with st.container(horizontal=True, gap="small", key=f"acts-{key}"):
        edit = st.button("Edit and run", key=f"edit-{key}", type="tertiary", icon=":material/edit:", disabled=disabled)
        explain = st.button(
            "Explain this", key=f"explain-{key}", type="tertiary", icon=":material/help:", disabled=disabled
        )
    return "edit" if edit else "explain" if explain else ""


def _ended(done: CodeFinished, usd: Decimal | None) -> str:
    code = f"Exit code {done.exit_code}, " if done.exit_code else ""
    took = f"{code}{units.seconds(done.seconds)} in the sandbox"
    if usd is None:
        return took
    return f"{took}, {plain(units.dollars(usd))}" if usd else f"{took}, free"


def _results(done: CodeFinished, read: artifact.Read, key: str, denied: ContractDenied | None) -> None:
    if done.error is not None and done.error != "stopped":
        _problem(done, denied)
    for place, made in artifact.ordered(done.artifacts):
        artifact.draw(made, read, f"{key}-{place}")


def draw_live(headline: str, code: str, language: Language, output: str) -> None:
    """Show code that is being written or is running, open."""
    with st.expander(headline, icon="spinner", type="compact", expanded=True, key="live-run"):
        _text(code, language)
        if output:
            _text(newest(output), None)


def newest(output: str) -> str:
    """The last lines: a box that is drawn anew again and again stays at its beginning."""
    lines = output.splitlines()
    earlier = len(lines) - _NEWEST_LINES
    if earlier <= 0:
        return output
    return "\n".join([f"… {units.count(earlier, 'earlier line')}", *lines[-_NEWEST_LINES:]])


def writing(language: Language) -> str:
    """The headline of code that is being written."""
    return f"Writing {_NAMES[language]}"


def waiting(language: Language) -> str:
    """The headline of code that has no sandbox yet."""
    return f"{_NAMES[language]} waits for its sandbox"


def running(language: Language) -> str:
    """The headline of code that is running."""
    return f"Running {_NAMES[language]}"


def _headline(run: Run) -> str:
    language = _NAMES[run.started.language]
    done = run.finished
    if done is None:
        return f"{language} did not finish"
    took = units.seconds(done.seconds)
    if done.error == "stopped":
        return f"{language} was stopped after {took}"
    if done.error is not None or done.exit_code != 0:
        return f"{language} failed after {took}"
    return f"Ran {language}, {took}"


def _icon(run: Run) -> str:
    done = run.finished
    if done is None or done.error == "stopped":
        return ":material/stop_circle:"
    failed = done.error is not None or done.exit_code != 0
    return ":material/error:" if failed else ":material/check:"


def _text(text: str, language: Language | None) -> None:
    tall: int | Literal["content"] = _TALL if text.count("\n") >= _MANY_LINES else "content"
    st.code(text, language=language, height=tall, wrap_lines=language is None)


def _output(done: CodeFinished) -> None:
    if done.stdout.strip():
        st.caption("Output")
        _text(done.stdout[:_LONGEST_OUTPUT], None)
    errors = done.traceback if done.traceback.strip() else done.stderr
    if errors.strip():
        st.caption("Errors")
        _text(errors[:_LONGEST_OUTPUT], None)


def _problem(done: CodeFinished, denied: ContractDenied | None) -> None:
    """A line for the code's own exception; a callout that names the clause for a limit that was met."""
    if done.error is None:
        return
    if done.error == "code_error":
        if done.message:
            st.caption(f":material/error: {plain(done.message[:300])}")
        return
    clause = notes.clause(denied) if denied else notes.clause_of(done.error)
    place = f"**{plain(clause)}.** " if clause else ""
    st.warning(f"{place}{plain(_told(done.error, done.message))}", icon=":material/front_hand:")


def _told(error: ErrorKind, message: str) -> str:
    """The message, and what it means where it is an exception's; of one that hides our own sentence, only that."""
    if not (means := meaning(error, message)):
        return message
    if ours := _OURS.search(message):
        return f"{means.removesuffix('.')}: {ours[1].rstrip('.')}."
    return means if _BARE.fullmatch(message) else f"{means} {message}"
