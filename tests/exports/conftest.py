"""A conversation that really took place: the built-in analyst, the local sandbox, messy data, one mistake."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from agent_core.config import Settings
from agent_core.events import CodeFinished, Event
from agent_core.exports.story import Read, Story, tell
from agent_core.session import Deployment, IncomingFile

SALES = b"""region;month;revenue
North;2024-01;1.200,50
South;2024-01;250,00
North;2024-02;
South;2024-02;50,25
=West;2024-02;75,00
"""
TITLE = "Total revenue by region <b>"
OWN = (
    "```python\nimport pandas as pd\nsums = pd.DataFrame({'town': ['Oslo', '=1+1'], 'size': [7, 28]})\nsums\n```",
    "```python\nprint(undefined_name)\n```",
    "```python\nimport matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nprint(sums['size'].sum())\n```",
    "```python\nopen('note.txt', 'w').write('first')\nsums['size'].mean()\n```",
    "```python\nopen('note.txt', 'w').write('second one');\n```",
    "```bash\necho from bash; cat inputs/sales.csv | wc -l\n```",
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a conversation leaves behind."""

    events: tuple[Event, ...]
    read: Read
    story: Story

    @property
    def ends(self) -> list[CodeFinished]:
        return [event for event in self.events if isinstance(event, CodeFinished)]


@pytest.fixture(scope="package")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    home = tmp_path_factory.mktemp("exports") / "home"
    deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": str(home)}))
    conversation = deployment.create("local")
    question = "What is the total revenue by region?"
    for text, files in (
        (question, [IncomingFile("sales.csv", io.BytesIO(SALES), len(SALES))]),
        *((o, []) for o in OWN),
    ):
        assert conversation.ask(text, files)
        until = time.monotonic() + 90
        while conversation.busy:
            assert time.monotonic() < until
            time.sleep(0.02)
    events = tuple(stored.event for stored in conversation.snapshot().events)
    yield Told(events, conversation.read_artifact, tell(TITLE, events))
    deployment.close()
