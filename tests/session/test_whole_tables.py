"""A table leaves its sandbox whole, or cut at what the contract lets one result hold, and then it says where."""

from agent_core.events import CodeFinished
from agent_core.session import Conversation
from tests.session.conftest import run

_MAKE = "import pandas as pd\npd.DataFrame({'number': range(200_000), 'text': 'x' * 20})"


def table(finished: CodeFinished) -> tuple[int | None, int | None]:
    (artifact,) = finished.artifacts
    return artifact.full_data_rows, artifact.full_data_size


def test_a_table_is_whole_or_cut_and_told(conversation: Conversation) -> None:
    rows, size = table(run(conversation, _MAKE))
    assert rows == 200_000
    assert size is not None
    contract = conversation.snapshot().contract
    filesystem = contract.filesystem.model_copy(update={"largest_artifact_mib": 1})
    conversation.amend(contract.model_copy(update={"filesystem": filesystem}))
    finished = run(conversation, _MAKE)
    rows, size = table(finished)
    assert rows is not None
    assert size is not None
    assert 30_000 < rows < 200_000
    assert size <= 1 << 20
    (artifact,) = finished.artifacts
    data = conversation.read_artifact(artifact.full_data or "").decode()
    assert len(data.splitlines()) == rows + 1
    assert data.endswith("\n")
