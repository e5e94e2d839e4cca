from itertools import pairwise

from hypothesis import given

from agent_core.contract import PRESETS, Contract, Lifecycle, Network, check, moved, summarise
from agent_core.contract.words import listed
from tests.strategies import contracts


def test_the_standard_contract_reads_like_this() -> None:
    assert summarise(Contract()) == (
        "Code runs alone on this machine without network, for at most 60 s a call and 10 min a question. "
        "It may use 1 GiB of memory, 1 vCPU and 64 processes, and is written in Python or Bash. "
        "Its files may fill 512 MiB and are gone when the sandbox closes; one file may have 200 MiB, "
        "one result 50 MiB. "
        "Variables are kept from question to question until the sandbox closes, after 15 min of rest or 1 h in all. "
        "You may have 3 sandboxes at once, everybody together 8. "
        "Sandbox time is free; at most $1.00 may be spent on this conversation and $10.00 in a day."
    )


def test_a_long_list_of_domains_is_cut() -> None:
    network = Network(mode="allowlist", domains=tuple(f"{letter}.org" for letter in "abcdef"))
    assert "with network to a.org, b.org, c.org, d.org and 2 more only," in summarise(Contract(network=network))
    network = Network(mode="allowlist", domains=("a.org", "b.org"))
    assert "with network to a.org and b.org only," in summarise(Contract(network=network))


def test_what_does_not_last_at_claude_is_not_promised() -> None:
    sentence = summarise(moved(Contract(), "claude"))
    assert "Each run starts without variables; files are kept from question to question until" in sentence
    assert "Variables are kept" not in sentence


def test_a_fresh_sandbox_for_each_question_is_said() -> None:
    sentence = summarise(Contract(lifecycle=Lifecycle(mode="ephemeral")))
    assert "Each question starts in a fresh sandbox, which closes at its end" in sentence


@given(contracts)
def test_every_contract_is_one_paragraph_without_markup(contract: Contract) -> None:
    text = summarise(contract)
    assert "\n" not in text
    assert not set(text) & set("<>{}_`")
    assert text.endswith("in a day.")


def test_the_presets_go_from_strict_to_open_and_can_be_used_as_they_are() -> None:
    for preset in PRESETS:
        check(preset)
    assert [preset.name for preset in PRESETS] == ["Locked down", "Team analysis", "Open research"]
    assert PRESETS[1] == Contract()
    limits = [
        (one.timeout.call_seconds, one.resources.memory_mib, one.filesystem.disk_mib, one.resources.vcpus)
        for one in PRESETS
    ]
    for tighter, looser in pairwise(limits):
        assert all(one < other for one, other in zip(tighter, looser, strict=True))


def test_lists_read_as_in_a_sentence() -> None:
    assert [listed(tuple("abc"[:count])) for count in range(4)] == ["", "a", "a and b", "a, b and c"]
