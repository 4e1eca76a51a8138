"""Claims on a grid of seconds around every border."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import Unauthenticated
from sightline.domain.tenancy import Demands, check_claims, check_header

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
OURS = Demands("https://id.example.com", "sightline")
GOOD: dict[str, Any] = {
    "iss": OURS.issuer,
    "aud": OURS.audience,
    "sub": "zoe",
    "org_id": "acme",
    "iat": AT,
    "exp": AT + 600,
}
#: Around the leeway of 30 s, the life of an hour, and their sum.
SECONDS = st.sampled_from(
    sorted({base + step for base in (-3600, -30, 0, 30, 600, 3600, 3630) for step in (-1, 0, 1)})
)


def believed(**changed: Any) -> bool:
    claims = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    try:
        check_claims(claims, OURS, NOW)
    except Unauthenticated:
        return False
    return True


@given(issued=SECONDS, ends=SECONDS, begins=st.none() | SECONDS)
def test_a_token_is_believed_within_its_life_its_longest_life_and_the_leeway(
    issued: int, ends: int, begins: int | None
) -> None:
    right = (
        ends > -30
        and issued <= 30
        and ends - issued <= 3600
        and ends <= 3630
        and (begins is None or begins <= 30)
    )
    starts = None if begins is None else AT + begins
    assert believed(iat=AT + issued, exp=AT + ends, nbf=starts) is right


def test_29_seconds_late_is_accepted_and_61_refused() -> None:
    assert believed(iat=AT - 600, exp=AT - 29)
    assert not believed(iat=AT - 600, exp=AT - 61)


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "org_id", "iat", "exp"])
@pytest.mark.parametrize(
    "value",
    [None, "", 0.5j, True, [], {}, "x" * 256, -1, 1e300, float("nan"), float("inf")],
    ids=repr,
)
def test_no_claim_may_be_missing_or_malformed(name: str, value: Any) -> None:
    assert not believed(**{name: value})


def test_an_instant_is_a_number() -> None:
    assert believed(exp=AT + 600)
    assert believed(exp=AT + 600.5)
    assert not believed(exp=str(AT + 600))


@given(audience=st.lists(st.sampled_from(("sightline", "other", 7, None)), max_size=3))
def test_an_audience_may_be_one_of_several(audience: list[Any]) -> None:
    assert believed(aud=audience) is ("sightline" in audience)


def test_the_claims_are_told_as_they_are() -> None:
    found = check_claims(GOOD, OURS, NOW)
    assert (found.subject, found.tenant) == ("zoe", "acme")
    assert (found.issued_at, found.expires_at) == (NOW, NOW + timedelta(minutes=10))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"])
def test_a_header_that_brings_its_own_rules_is_refused(name: str) -> None:
    header = {"typ": "at+jwt", "kid": "k", "alg": "ES256", name: None}
    with pytest.raises(Unauthenticated):
        check_header(header, OURS.types)


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_the_type_is_read_as_a_media_type(kind: str) -> None:
    assert check_header({"typ": kind, "kid": "k", "alg": "ES256", "x5t": "a"}, OURS.types) == "k"


@pytest.mark.parametrize("name", ["typ", "kid"])
@pytest.mark.parametrize("value", [None, "", 7, ["ES256"], "x" * 256])
def test_a_header_must_say_type_and_key(name: str, value: Any) -> None:
    with pytest.raises(Unauthenticated):
        check_header({"typ": "at+jwt", "kid": "k", "alg": "ES256", name: value}, OURS.types)
