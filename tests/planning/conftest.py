"""Async tests run on asyncio alone, as the app does."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
