"""One sandbox for all questions; each data set is put into it once."""

from collections.abc import Iterator

import pytest

from tests.analyst.running import Box, Library


@pytest.fixture(scope="session")
def library() -> Iterator[Library]:
    with Box() as box:
        yield Library(box)
