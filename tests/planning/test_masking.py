from hypothesis import given
from hypothesis import strategies as st

from agent_core.planning.masking import Masking

SECRETS = (b"sk-aab", b"aaa")


@given(
    st.lists(
        st.one_of(st.sampled_from([b"sk-aab", b"aaa", b"sk-a", b"sk-", b"a", b"\n"]), st.binary(max_size=8)),
        max_size=12,
    )
)
def test_no_secret_passes_however_it_is_cut(pieces: list[bytes]) -> None:
    """The length stays, nothing is lost, and what is no secret is as it was."""
    masked = Masking(SECRETS)
    passed = b"".join(map(masked, pieces)) + masked.rest()
    whole = b"".join(pieces)
    assert len(passed) == len(whole)
    assert all(secret not in passed for secret in SECRETS)
    assert all(after in {before, ord("*")} for before, after in zip(whole, passed, strict=True))
    if not any(secret in whole for secret in SECRETS):
        assert passed == whole


def test_an_event_that_has_come_is_passed_on_at_once() -> None:
    masked = Masking([b"sk-canary"])
    assert masked(b"data: {}\n\n") == b"data: {}\n\n"
    assert masked(b"data: sk-ca") == b"data: "
    assert masked(b"ke\n\n") == b"sk-cake\n\n"
    assert Masking([])(b"all of it") == b"all of it"
