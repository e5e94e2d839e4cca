"""From a name to a provider."""

from pathlib import Path

import pytest

from agent_core.config import Settings
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.providers import Opener, provider, remote

OPENER = Opener("deployment", "host/1/2.0")


def settings(**variables: str) -> Settings:
    return Settings.from_environment({"RINGFENCE_HOME": str(Path("unused")), **variables})


def test_local():
    """The local provider is there without any key."""
    assert provider("local", settings(), OPENER).name == "local"
    assert remote(settings()) == ()


def test_daytona_needs_its_key():
    """Without one the sentence says what to set; with one the provider is there, and shows the key to nobody."""
    with pytest.raises(ProviderUnavailable, match="DAYTONA_API_KEY"):
        provider("daytona", settings(), OPENER)
    keyed = settings(DAYTONA_API_KEY="dtn_secret", RINGFENCE_DAYTONA_TIER="3")
    opened = provider("daytona", keyed, OPENER)
    assert opened.name == "daytona"
    assert "dtn_secret" not in repr(opened) + repr(keyed)
    assert remote(keyed) == ("daytona",)


def test_a_tier_that_is_none():
    """The sentence names the variable and what it may be."""
    with pytest.raises(ProviderUnavailable, match="RINGFENCE_DAYTONA_TIER"):
        settings(RINGFENCE_DAYTONA_TIER="gold")


def test_e2b_needs_its_key():
    """As Daytona does; the two can be there together."""
    with pytest.raises(ProviderUnavailable, match="E2B_API_KEY"):
        provider("e2b", settings(), OPENER)
    keyed = settings(E2B_API_KEY="e2b_secret", DAYTONA_API_KEY="dtn_secret")
    opened = provider("e2b", keyed, OPENER)
    assert opened.name == "e2b"
    assert "e2b_secret" not in repr(opened) + repr(keyed)
    assert set(remote(keyed)) == {"daytona", "e2b"}
    assert remote(settings(E2B_API_KEY="e2b_secret")) == ("e2b",)


def test_a_tier_of_e2b_that_is_none():
    """The sentence names the variable and what it may be."""
    assert settings(RINGFENCE_E2B_TIER="Pro").e2b_tier == "pro"
    with pytest.raises(ProviderUnavailable, match="RINGFENCE_E2B_TIER"):
        settings(RINGFENCE_E2B_TIER="gold")


def test_claude_needs_claude_as_the_planner():
    """Without a key or an endpoint of one's own the sentence says what to set; the key is shown to nobody."""
    with pytest.raises(ProviderUnavailable, match="set ANTHROPIC_API_KEY"):
        provider("claude", settings(), OPENER)
    keyed = settings(ANTHROPIC_API_KEY="sk-ant-secret")
    opened = provider("claude", keyed, OPENER)
    assert opened.name == "claude"
    assert "sk-ant-secret" not in repr(opened) + repr(keyed)
    assert remote(keyed) == ("claude",)
