"""From a name to a provider."""

import pytest

from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.providers import provider


def test_local():
    """The local provider is there without any key."""
    assert provider("local").name == "local"


@pytest.mark.parametrize("name", ["e2b", "daytona", "claude"])
def test_those_that_are_not_there(name):
    """The others say that this version does not have them, and what to do."""
    with pytest.raises(ProviderUnavailable, match="not available in this version"):
        provider(name)
