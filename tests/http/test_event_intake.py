"""The fast reading of a body and the thorough one come to the same verdict and the same events."""

import json
from array import array
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sightline.application.import_events import NumberedDraft
from sightline.domain.errors import InvalidInput
from sightline.domain.events import EventDraft
from sightline.entrypoints.http.event_bulk import LONGEST_LINE, read_line, read_lines
from sightline.entrypoints.http.event_intake import (
    instants_of,
    plain_drafts,
    plain_lines,
    request_key,
    thorough_drafts,
    wants_lenient,
)
from sightline.entrypoints.http.problems import UnreadableBody
from sightline.entrypoints.structuring import instant_of

SCALARS = st.sampled_from(
    [None, True, False, 0, -0.0, 1.0, 0.5, 1e-7, 1e22, 2**53 - 1, 2**53, 2**63, 2**64, 10**30,
     "", "a", "é", "\U0001f600", 'q"":', '":', ":", "{", "\\", "\n\x7f", "\x00", "x" * 8_192,
     "x" * 8_193, "\u2028", "\ud800", "\ude00\ud83d"]
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "", "é", 'c":', "n" * 128, "n" * 129, "\x00", "\udfff"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def deep(levels: int) -> Any:
    """So many objects and lists in one another."""
    value: Any = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


WIDE = st.integers(199, 201).map(lambda most: {f"n{n}": n for n in range(most)})
DEEP = st.sampled_from([6, 7, 8, 40]).map(lambda levels: {"a": deep(levels)})
TIMES = st.sampled_from(
    ["2025-12-01T12:00:00Z", "2025-12-01T12:00:00.5Z", "2025-12-01T12:00:00.123456789+05:30",
     "2025-12-01T12:00:00", "2025-12-01 12:00:00Z", "2025-12-01t12:00:00Z", "2025-12-01T12:00:00z",
     "2025-12-01T12:00:00Z\x00", "2025-12-01T12:00:60Z", "2025-12-01T12:00:00+0530",
     "2025-12-01T12:00:00-00:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
     "1970-01-01T00:30:00+01:00", "2199-12-31T23:59:59.9999999Z", "2200-01-01T00:00:00Z",
     "9999-12-31T23:59:59-14:00", "2025-02-30T00:00:00Z", "", None, 5]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["a b", "", " e", "e ", "e\u3000", "e\x00", "e\x7f", "\ud800", "ü", 'e":', "x" * 100,
     "x" * 101, "x" * 200, "é" * 200, "x" * 201, 7, None]
)  # fmt: skip
EVENTS = st.fixed_dictionaries(
    {"user_id": st.just("u1") | TEXTS, "event_type": st.just("visit") | TEXTS},
    optional={
        "event_id": st.just("e1") | TEXTS,
        "timestamp": st.just("2025-12-01T12:00:00Z") | TIMES,
        "properties": st.dictionaries(NAMES, VALUES, max_size=3) | WIDE | DEEP | SCALARS,
        "tenant_id": st.just("other"),
    },
)
USUAL = {"user_id": "u", "event_type": "v", "timestamp": "2025-12-01T12:00:00Z", "properties": {}}
#: One that is odd in some field, among some that are not; often in no field.
BODIES = st.builds(
    lambda before, event, changed, after: {
        "events": [USUAL] * before + [event | changed] + [USUAL] * after
    },
    st.integers(0, 2),
    st.just(USUAL) | EVENTS,
    st.just({}) | st.dictionaries(st.sampled_from(["user_id", "event_id"]), TEXTS, max_size=1),
    st.integers(0, 2),
)


@st.composite
def spelled(draw: st.DrawFn, value: Any) -> str:
    """A value in JSON as somebody may write it: any text with escapes, any name twice."""
    if isinstance(value, str):
        units = array("H", value.encode("utf-16-le", "surrogatepass"))
        lower, upper = ("".join(form % unit for unit in units) for form in ("\\u%04x", "\\u%04X"))
        bare = json.dumps(value, ensure_ascii=False)
        return draw(st.sampled_from([json.dumps(value), bare, f'"{lower}"', f'"{upper}"']))
    if isinstance(value, list):
        return f"[{','.join([draw(spelled(one)) for one in value])}]"
    if isinstance(value, dict):
        pairs = [f"{draw(spelled(name))}:{draw(spelled(one))}" for name, one in value.items()]
        again = draw(st.sampled_from([0, 0, 0, 1]))
        return f"{{{','.join([*pairs, *pairs[:again]])}}}"
    return draw(st.sampled_from([json.dumps(value), "1e400", "1E5", "-0"]))


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


@given(BODIES.flatmap(spelled))
def test_both_readings_agree_however_a_body_is_spelled(body: str) -> None:
    text = body.encode(errors="surrogatepass")
    fast = plain_drafts(text)
    if fast is not None:
        assert list(map(repr, fast)) == list(map(repr, thorough(text) or ()))


@pytest.mark.parametrize(
    "body",
    [
        '{"events":[{"user_id":"a","user_id":"b","event_type":"v"}]}',
        '{"events" :[{"user_id":"a","user_id":"b","event_type":"v"}]}',
        '{"events":[{"user_id":"a","event_type":"v"}],"events"\n:[{"user_id":"a","event_type":"v"}]}',
        '{"events":[{"user_id":"a","event_type":"v","properties":{"a":1,"\\u0061":1}}]}',
        '{"events":[{"user_id":"a","event_type":"v","properties":{"a":[{"b":1,"b":2}]}}]}',
        '{"events":[{"user_id":"a","event_type":"v","properties":{},"properties":null}]}',
    ],
)
def test_a_repeated_name_is_seen_by_both(body: str) -> None:
    assert plain_drafts(body.encode()) is None
    assert thorough(body.encode()) is None


def test_ordinary_bodies_are_read_fast() -> None:
    for extra in (
        {"properties": {"a": {"b": [{"c": "{"}, 1.5]}, "é": "é\n"}},
        {"timestamp": "2025-12-01T12:00:00.123+05:30"},
        {"timestamp": None, "event_id": None},
        {"event_id": "e 1", "user_id": "é"},
    ):
        body = written(
            {"events": [USUAL, USUAL | extra, {"user_id": "u", "event_type": "v"}]}, "none"
        )
        assert plain_drafts(body) == thorough(body) is not None


ODD_INSTANTS = st.sampled_from(
    ["2025-09-01T00:00:00Z", "2199-12-31T23:59:59Z", "2025-09-01T00:00:00.123Z",
     "2025-09-01T00:00:00.123456789+05:30", "2025-09-01T00:00:00,5Z", "2025-09-01T00:00:60Z",
     "2025-09-01t00:00:00Z", "2025-09-01T00:00:00z", "2025-09-01 00:00:00Z",
     "2025-02-30T00:00:00Z", "2025-09-01T00:00:00Z\x00", "2025-09-01T00:00:00Z\x00a",
     "2025-09-01T00:00:00Z0", "", "2025-09-01T00:00:00", "2025-W36-1T00:00:00Z",
     "2025-09-01T00:00:00,123Z", "2025-09-01T00:00:00.12\x00Z", "2025-09-01T00:00:00.1Z0Z",
     "2025-09-01T00:00:00.12 Z", "2025-09-01T00:00:00.٣23Z", "2025-09-01T00:00:00-00:00",
     "2025-09-01T00:00.00:123Z", "٢025-09-01T00:00:00Z", "0001-01-01T00:00:00Z",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)  # fmt: skip


def told(instants: Callable[[], Iterable[datetime]]) -> list[str] | None:
    try:
        return list(map(repr, instants()))
    except ValueError:
        return None


ORDINARY_INSTANTS = st.sampled_from(["2025-09-01T00:00:00Z", "2025-09-01T00:00:00.123Z"])


@given(ORDINARY_INSTANTS.flatmap(lambda one: st.lists(st.just(one) | ODD_INSTANTS, max_size=3)))
@example(["2025-09-01T00:00:00Z\x00"])
@example(["2025-09-01T00:00:00Z\x00a"])
@example(["2025-09-01T00:00:00,123Z"])
def test_many_instants_are_read_as_each_of_them(texts: list[str]) -> None:
    assert told(lambda: instants_of(texts)) == told(lambda: map(instant_of, texts))


GOOD_LINE = '{"user_id":"a","event_type":"v"}'
ODD_LINES = (
    GOOD_LINE,
    f"{GOOD_LINE},{GOOD_LINE}",
    f"{GOOD_LINE} {GOOD_LINE}",
    '{"user_id":"a"',
    '"event_type":"v"}',
    '{"user_id":"a","user_id" :"b","event_type":"v"}',
    '{"user_id":"a","user_id":"b","event_type":"v"}',
    f'{{"events":[{GOOD_LINE}]}}',
    "[]",
    "null",
    " " * LONGEST_LINE + GOOD_LINE,
    f"\ufeff{GOOD_LINE}",
    f" {GOOD_LINE}\r\n",
)


def each_line(lines: list[tuple[int, bytes]], named: bool) -> list[NumberedDraft]:
    return [read_line(number, line, named=named) for number, line in lines]


@given(
    st.lists(st.sampled_from(ODD_LINES) | (st.just(USUAL) | EVENTS).flatmap(spelled), max_size=3),
    st.booleans(),
)
def test_lines_are_read_together_as_each_alone(texts: list[str], named: bool) -> None:
    lines = [(at, text.encode(errors="surrogatepass")) for at, text in enumerate(texts, 7)]
    assert repr(read_lines(lines, named=named)) == repr(each_line(lines, named))


@pytest.mark.parametrize("one", ODD_LINES)
@pytest.mark.parametrize("other", ODD_LINES)
def test_no_line_hides_behind_another(one: str, other: str) -> None:
    lines = [(1, one.encode()), (2, other.encode())]
    assert repr(read_lines(lines, named=True)) == repr(each_line(lines, True))


def test_ordinary_lines_are_read_together() -> None:
    lines = [written(USUAL, "none"), written(USUAL | {"event_id": None}, "usual")]
    drafts = plain_lines(lines)
    assert drafts == [read_line(1, line, named=True).draft for line in lines]


@pytest.mark.parametrize("many", [0, 1, 100, 101])
def test_both_readings_take_1_to_100_events(many: int) -> None:
    body = written({"events": [USUAL] * many}, "none")
    assert plain_drafts(body) == thorough(body)
    assert (plain_drafts(body) is None) is (many in {0, 101})


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
