import pytest

from agent_core.contract import Contract, Filesystem, Resources


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def contract() -> Contract:
    """Small, so that what gets through does no harm."""
    return Contract(
        resources=Resources(memory_mib=256, processes=24),
        filesystem=Filesystem(disk_mib=64, largest_file_mib=16, largest_artifact_mib=1),
    )
