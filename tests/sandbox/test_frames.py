"""The wire: any frame survives the trip, and any bytes are harmless."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.sandbox.frames import HEADER_LIMIT, LENGTHS, Decoder, Frame, Garbage, encode, parse_json
from agent_core.sandbox.local import messages

BODY_LIMIT = 4_096

scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"), max_size=30)
values = st.recursive(scalars | texts, lambda v: st.lists(v, max_size=3) | st.dictionaries(texts, v, max_size=3))
frames = st.builds(Frame, st.dictionaries(texts, values, max_size=4), st.binary(max_size=200))


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]


@given(st.lists(frames, max_size=5), st.lists(st.integers(0, 10_000), max_size=20))
def test_frames_survive_any_split(sent, cuts):
    """However the bytes are cut, the same frames come out in the same order."""
    decoder = Decoder(body_limit=BODY_LIMIT)
    data = b"".join(map(encode, sent))
    assert [frame for piece in pieces(data, cuts) for frame in decoder.feed(piece)] == sent


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_any_bytes_are_harmless(data):
    """Nothing raises, and nothing but frames and garbage comes out."""
    decoder = Decoder(body_limit=BODY_LIMIT)
    for piece in data:
        for found in decoder.feed(piece):
            assert isinstance(found, Frame | Garbage)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_header_is_harmless(header, body):
    """A well-framed header of any bytes is one frame or one piece of garbage, and the next frame is read."""
    decoder = Decoder(body_limit=BODY_LIMIT)
    next_one = Frame({"op": "ready"})
    first, second = decoder.feed(LENGTHS.pack(len(header), len(body)) + header + body + encode(next_one))
    assert isinstance(first, Garbage) or first.body == body
    assert second == next_one


@pytest.mark.parametrize(
    ("header_length", "body_length"), [(HEADER_LIMIT + 1, 0), (2, BODY_LIMIT + 1), (2**32 - 1, 2**32 - 1)]
)
def test_lengths_are_bounded(header_length, body_length):
    """A length over the limit is fatal at once, without waiting for the bytes, and nothing follows."""
    decoder = Decoder(body_limit=BODY_LIMIT)
    (found,) = decoder.feed(LENGTHS.pack(header_length, body_length))
    assert isinstance(found, Garbage)
    assert found.fatal
    assert list(decoder.feed(encode(Frame({"op": "ready"})))) == []


@pytest.mark.parametrize(
    "data",
    [b"[" * 60_000, b'{"a":' * 10_000, b"NaN", b"Infinity", b"9" * 10_000, b'"\\ud800"', b"\xff", b"", b"{"],
    ids=["deep list", "deep object", "nan", "infinity", "long number", "surrogate", "not utf-8", "nothing", "cut"],
)
def test_json_that_is_refused(data):
    """Depth, length, constants and lone surrogates that Python would choke on later are no value."""
    assert parse_json(data) is None


def test_a_header_that_is_too_long_is_not_sent():
    """The host keeps to the limits as well."""
    with pytest.raises(ValueError, match="over"):
        encode(Frame({"a": "x" * HEADER_LIMIT}))


@given(
    st.builds(
        Frame,
        st.fixed_dictionaries(
            {"op": st.sampled_from(["ready", "display", "done", "entries", "filed"])},
            optional={
                "call": values,
                "parts": st.lists(st.tuples(texts, st.integers()).map(list)),
                "exit_code": values,
                "kept": values,
                "size": values,
                "errno": values,
            },
        ),
        st.binary(max_size=60) | values.map(lambda v: json.dumps(v).encode()),
    )
)
def test_any_message_is_harmless(frame):
    """Whatever a header and a body say, parsing gives a message or garbage."""
    assert isinstance(messages.parse(frame), messages.Message | Garbage)


def test_a_result_that_claims_more_than_its_body():
    """Lengths that don't add up are garbage, and unknown types are never passed on."""
    for parts in ([["text/plain", 5]], [["text/plain", -1]], [["application/x-pickle", 1]]):
        assert isinstance(messages.parse(Frame({"op": "display", "call": "c", "parts": parts}, b"abc")), Garbage)


def test_an_unknown_kind_of_error_is_the_codes_own():
    """Only kinds that code can cause are taken from a sandbox."""
    error = json.dumps({"name": "E", "message": "", "traceback": "", "kind": "budget_exhausted"}).encode()
    done = messages.parse(Frame({"op": "done", "call": "c", "exit_code": 1, "kept": True}, error))
    assert isinstance(done, messages.Done)
    assert done.error.kind == "code_error"


@given(st.text(max_size=30))
def test_listed_paths_stay_inside(path):
    """A path that the host passes on never climbs, is never absolute, and has no empty part."""
    if messages.is_inside(path):
        assert not path.startswith("/")
        assert not {"", ".", ".."} & set(path.split("/"))
