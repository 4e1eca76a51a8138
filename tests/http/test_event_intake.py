"""The fast reading of a body and the thorough one come to the same verdict and the same events."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.events import EventDraft
from sightline.entrypoints.http.event_intake import (
    plain_drafts,
    request_key,
    thorough_drafts,
    wants_lenient,
)
from sightline.entrypoints.http.problems import UnreadableBody

SCALARS = st.sampled_from(
    [None, True, False, 0, -0.0, 1.0, 0.5, 1e-7, 1e22, 2**53 - 1, 2**53, 10**30, "", "a", "é",
     'q"":', "\x00", "x" * 8_193, "\u2028", "\ud800"]
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "", "é", 'c":', "n" * 129])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TIMES = st.sampled_from(
    ["2025-12-01T12:00:00Z", "2025-12-01T12:00:00.123456789+05:30", "2025-12-01T12:00:00",
     "2025-12-01 12:00:00Z", "0001-01-01T00:00:00Z", "2025-02-30T00:00:00Z", "", None, 5]
)  # fmt: skip
IDS = st.sampled_from(["e1", "", " e", "x" * 201, None, 7, "e\x00"])
EVENTS = st.fixed_dictionaries(
    {"user_id": st.sampled_from(["u1", "", "u\x00", "ü"]), "event_type": st.just("visit")},
    optional={
        "event_id": IDS,
        "timestamp": TIMES,
        "properties": st.dictionaries(NAMES, VALUES, max_size=3) | SCALARS,
        "tenant_id": st.just("other"),
    },
)
BODIES = st.lists(EVENTS, max_size=3).map(lambda events: {"events": events})


def thorough(body: bytes) -> list[EventDraft] | None:
    try:
        drafts, flaws = thorough_drafts(body)
    except (UnreadableBody, InvalidInput):
        return None
    return None if flaws else list(drafts.values())


def written(body: Any, spaces: str) -> bytes:
    separators = {"none": (",", ":"), "usual": (", ", ": "), "odd": (" ,", " :")}[spaces]
    return json.dumps(body, separators=separators).encode()


@given(BODIES, st.sampled_from(["none", "usual", "odd"]))
def test_both_readings_agree_on_every_body(body: Any, spaces: str) -> None:
    fast, slow = plain_drafts(written(body, spaces)), thorough(written(body, spaces))
    if fast is not None:
        assert fast == slow


@given(
    BODIES,
    st.integers(0, 400),
    st.sampled_from([b"", b",", b'"a":1,', b":", b"}", b"NaN", b'"', b"1", b"[", b"\xff"]),
)
def test_both_readings_agree_on_bodies_that_were_damaged(body: Any, at: int, with_: bytes) -> None:
    whole = written(body, "none")
    at = min(at, len(whole))
    damaged = whole[:at] + with_ + whole[at + 1 :]
    fast = plain_drafts(damaged)
    if fast is not None:
        assert fast == thorough(damaged)


@given(BODIES)
def test_what_is_right_and_written_plainly_is_read_fast(body: Any) -> None:
    slow = thorough(written(body, "none"))
    text = written(body, "none")
    if slow is not None and b'\\":' not in text:
        assert plain_drafts(text) == slow


@pytest.mark.parametrize(
    ("header", "key"),
    [(None, None), ('"8e03"', "8e03"), ("8e03", "8e03"), ('"a \\"b\\""', 'a "b"'), ("a b", "a b")],
)
def test_a_request_key_is_a_quoted_string_or_bare(header: str | None, key: str | None) -> None:
    assert request_key(header) == key


@pytest.mark.parametrize("header", ["", '""', '"open', "x" * 256, "é", '"a"b', ":YQ==:\x01"])
def test_a_request_key_that_is_no_string_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput):
        request_key(header)


@pytest.mark.parametrize(
    ("header", "lenient"),
    [
        (None, False),
        ("handling=lenient", True),
        ("respond-async, Handling = lenient; x=1", True),
        ("handling=strict", False),
    ],
)
def test_lenient_handling_is_asked_for_by_name(header: str | None, lenient: bool) -> None:
    assert wants_lenient(header) is lenient
