import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.ed25519 import Ed25519Signer
from sightline.domain.errors import Unauthenticated
from sightline.domain.identifiers import KeyId
from sightline.domain.structured_fields import dictionary
from sightline.domain.tenancy.signatures import (
    TAG,
    TOLERANCE_SECONDS,
    HttpMessage,
    SignatureAlgorithm,
    VerificationKey,
    accepted,
    content_digest,
    covered_by,
    digest_fits,
    holds,
    required,
    signature_base,
    signatures,
    signed,
)

RFC = json.loads((Path(__file__).parents[2] / "data" / "rfc9421.json").read_text())
REQUEST = HttpMessage(
    RFC["request"]["method"],
    RFC["request"]["target_uri"],
    tuple((name, value) for name, value in RFC["request"]["fields"]),
)
SIGNER = Ed25519Signer(base64.urlsafe_b64decode(RFC["ed25519_seed"]))
SECRET = base64.b64decode(RFC["shared_secret"])
KEYS = {
    "hmac-sha256": VerificationKey(KeyId("A1"), SignatureAlgorithm.HMAC_SHA256, SECRET),
    "ed25519": VerificationKey(KeyId("A1"), SignatureAlgorithm.ED25519, SIGNER.public_key),
}
NOW = 1_700_000_000
BODY = b'{"name": "x"}'
COMPONENTS = ("@method", "@target-uri", "content-digest", "idempotency-key")
PARAMETERS: dict[str, Any] = {"created": NOW, "keyid": "A1", "nonce": "n1", "tag": TAG}


def sign(algorithm: str, base: bytes) -> bytes:
    if algorithm == "ed25519":
        return SIGNER.sign(base)
    return hmac.digest(SECRET, base, hashlib.sha256)


def with_headers(message: HttpMessage, *headers: tuple[str, str]) -> HttpMessage:
    return evolve(message, fields=(*message.fields, *headers))


def request(
    algorithm: str = "ed25519",
    components: tuple[str, ...] = COMPONENTS,
    body: bytes = BODY,
    **parameters: Any,
) -> HttpMessage:
    """A signed request; a parameter of None is left out."""
    message = HttpMessage(
        "POST",
        "https://api.example.com/api/v1/properties?x=1",
        (("content-digest", content_digest(body)), ("idempotency-key", '"8e03"')),
    )
    given = {name: value for name, value in (PARAMETERS | parameters).items() if value is not None}
    covered = covered_by(components, given)
    return with_headers(message, *signed(message, covered, lambda base: sign(algorithm, base)))


def refused(message: HttpMessage, body: bytes = BODY, algorithm: str = "ed25519") -> str:
    with pytest.raises(Unauthenticated) as caught:
        accepted(message, body, KEYS[algorithm], NOW, SIGNER.checks)
    return str(caught.value)


def test_the_rfcs_keys_belong_together() -> None:
    assert base64.urlsafe_b64encode(SIGNER.public_key).decode() == RFC["ed25519_public"]


@pytest.mark.parametrize("case", RFC["cases"], ids=lambda case: case["label"])
def test_the_cases_of_the_rfc_come_out(case: dict[str, Any]) -> None:
    headers = (("signature-input", case["input"]), ("signature", case["signature"]))
    (found,) = signatures(with_headers(REQUEST, *headers))
    base = signature_base(REQUEST, found.covered)
    assert base.decode().split("\n") == case["base"]
    assert holds(KEYS[case["algorithm"]], base, found.value, SIGNER.checks)
    made = signed(REQUEST, found.covered, lambda b: sign(case["algorithm"], b), case["label"])
    assert made == headers
    assert not holds(KEYS[case["algorithm"]], base + b" ", found.value, SIGNER.checks)


@pytest.mark.parametrize(("text", "header"), RFC["digests"])
def test_the_digests_of_the_rfc_fit(text: str, header: str) -> None:
    assert digest_fits(header, text.encode())
    assert not digest_fits(header, text.encode() + b"x")
    if header.startswith("sha-256"):
        assert content_digest(text.encode()) == header


@given(body=st.binary(max_size=20), other=st.binary(max_size=20))
def test_a_digest_fits_its_body_only(body: bytes, other: bytes) -> None:
    assert digest_fits(content_digest(body), other) == (body == other)


@pytest.mark.parametrize(
    "header",
    ["", "md5=:YQ==:", "sha-256", "sha-256=1", "sha-256=(:YQ==:)", "sha-256=:YQ==:", "nonsense=",
     "sha-512=:YQ==:, " + content_digest(BODY)],
)  # fmt: skip
def test_a_digest_that_says_nothing_or_anything_wrong_does_not_fit(header: str) -> None:
    assert not digest_fits(header, BODY)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_request_that_was_signed_rightly_is_accepted(algorithm: str) -> None:
    message = request(algorithm)
    assert accepted(message, BODY, KEYS[algorithm], NOW, SIGNER.checks) == "n1"
    assert accepted(
        request(algorithm, alg=algorithm, expires=NOW + 1),
        BODY,
        KEYS[algorithm],
        NOW,
        SIGNER.checks,
    )


@pytest.mark.parametrize("algorithm", KEYS)
@given(place=st.integers(0, 10**6))
def test_whatever_is_covered_cannot_be_changed(algorithm: str, place: int) -> None:
    message = request(algorithm)
    names = [name for name, _ in message.fields]
    changed = [
        evolve(message, method="PUT"),
        evolve(message, target_uri=message.target_uri + "1"),
        evolve(message, target_uri=message.target_uri.replace("https", "http")),
    ]
    for number, name in enumerate(names):
        fields = list(message.fields)
        text = fields[number][1]
        at = place % len(text)
        flipped = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        fields[number] = (name, flipped)
        changed.append(evolve(message, fields=tuple(fields)))
        changed.append(
            evolve(message, fields=tuple(one for one in message.fields if one[0] != name))
        )
    for one in changed:
        refused(one, algorithm=algorithm)
    assert "body" in refused(message, BODY + b" ", algorithm)
    other = "hmac-sha256" if algorithm == "ed25519" else "ed25519"
    assert "does not hold" in refused(message, algorithm=other)


@given(late=st.integers(-TOLERANCE_SECONDS - 2, TOLERANCE_SECONDS + 2))
def test_a_signature_is_of_now(late: int) -> None:
    message = request(created=NOW - late)
    if abs(late) <= TOLERANCE_SECONDS:
        assert accepted(message, BODY, KEYS["ed25519"], NOW, SIGNER.checks)
    else:
        assert "seconds of now" in refused(message)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"created": None}, "seconds of now"),
        ({"created": "1700000000"}, "seconds of now"),
        ({"created": True}, "seconds of now"),
        ({"expires": NOW}, "expired"),
        ({"expires": "soon"}, "expired"),
        ({"nonce": None}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"nonce": "n" * 129}, "nonce"),
        ({"nonce": 1}, "nonce"),
        ({"keyid": None}, "another key"),
        ({"keyid": "A2"}, "another key"),
        ({"alg": "hmac-sha256"}, "another algorithm"),
        ({"alg": "none"}, "another algorithm"),
        ({"tag": None}, "tagged"),
        ({"tag": "other"}, "tagged"),
        ({"extra": 1}, "not known"),
    ],
)
def test_a_signature_says_what_it_must(parameters: dict[str, Any], reason: str) -> None:
    assert reason in refused(request(**parameters))


@pytest.mark.parametrize("left_out", COMPONENTS)
def test_a_signature_covers_what_it_must(left_out: str) -> None:
    rest = tuple(name for name in COMPONENTS if name != left_out)
    assert left_out in refused(request(components=rest))


def test_without_a_body_there_is_less_to_cover() -> None:
    bare = HttpMessage("GET", "https://x/", ())
    assert required(bare, b"") == ("@method", "@target-uri")
    assert required(bare, b"x") == ("@method", "@target-uri", "content-digest")
    covered = covered_by(("@method", "@target-uri"), PARAMETERS)
    message = with_headers(bare, *signed(bare, covered, SIGNER.sign))
    assert accepted(message, b"", KEYS["ed25519"], NOW, SIGNER.checks) == "n1"
    assert "content-digest" in refused(message, b"x")


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("sig1=()", None),
        (None, "sig1=:YQ==:"),
        ("sig1=()", "sig2=:YQ==:"),
        ("sig1=()", "sig1=:YQ==:, sig2=:YQ==:"),
        ("sig1=1", "sig1=:YQ==:"),
        ("sig1=()", "sig1=(:YQ==:)"),
        ("sig1=()", 'sig1="YQ=="'),
        ("sig1=(", "sig1=:YQ==:"),
        ('sig1=("' + "x" * 5000 + '")', "sig1=:YQ==:"),
    ],
)
def test_headers_that_do_not_fit_each_other_are_refused(
    given: str | None, value: str | None
) -> None:
    headers = [
        (name, text)
        for name, text in (("signature-input", given), ("signature", value))
        if text is not None
    ]
    refused(with_headers(HttpMessage("GET", "https://x/", ()), *headers))


def test_two_signatures_for_us_are_one_too_many_and_others_are_passed_over() -> None:
    message = HttpMessage("GET", "https://x/", ())
    covered = covered_by(("@method", "@target-uri"), PARAMETERS)
    ours = signed(message, covered, SIGNER.sign)
    theirs = (("signature-input", 'proxy=();tag="p"'), ("signature", "proxy=:YQ==:"))
    assert accepted(with_headers(message, *ours, *theirs), b"", KEYS["ed25519"], NOW, SIGNER.checks)
    twice = signed(message, covered, SIGNER.sign, "sig2")
    assert "one signature" in refused(with_headers(message, *ours, *twice), b"")


@pytest.mark.parametrize(
    "component",
    [
        '"@nonsense"',
        '"absent"',
        '"date";bs',
        '"@method";req',
        "method",
        '"@status"',
        '"a";key="b"',
    ],
)
def test_a_component_that_is_not_known_or_not_there_is_refused(component: str) -> None:
    headers = (("signature-input", f"s=({component})"), ("signature", "s=:YQ==:"))
    message = with_headers(REQUEST, *headers, ("content-digest", content_digest(BODY)))
    assert refused(message)
    with pytest.raises(Unauthenticated):
        signature_base(REQUEST, dictionary(headers[0][1])["s"])  # type: ignore[arg-type]


def test_a_component_is_covered_once() -> None:
    with pytest.raises(Unauthenticated, match="twice"):
        signature_base(REQUEST, covered_by(("date", "date"), {}))


@pytest.mark.parametrize("value", ["a\nb", "a\r\n b", "ü"])
def test_a_value_that_could_pass_for_another_line_is_refused(value: str) -> None:
    with pytest.raises(Unauthenticated):
        signature_base(HttpMessage("GET", "https://x/", (("a", value),)), covered_by(("a",), {}))


def test_lines_of_one_header_are_joined() -> None:
    message = HttpMessage("GET", "https://X.com:443", (("a", " 1 "), ("b", "2"), ("a", "\t3")))
    covered = covered_by(("a", "@authority", "@path", "@query", "@scheme"), {})
    assert signature_base(message, covered).decode().split("\n")[:-1] == [
        '"a": 1, 3',
        '"@authority": x.com',
        '"@path": /',
        '"@query": ?',
        '"@scheme": https',
    ]


def test_an_answer_is_tied_to_its_request() -> None:
    asked = HttpMessage("GET", "https://x/1", ())
    answer = HttpMessage("GET", "https://x/1", (("content-digest", "d"),), 200, asked)
    covered = covered_by(("@status", "content-digest", "@method;req", "@target-uri;req"), {})
    assert signature_base(answer, covered).decode().split("\n") == [
        '"@status": 200',
        '"content-digest": d',
        '"@method";req: GET',
        '"@target-uri";req: https://x/1',
        '"@signature-params": ("@status" "content-digest" "@method";req "@target-uri";req)',
    ]
    with pytest.raises(Unauthenticated):
        signature_base(answer, covered_by(("@method",), {}))


def test_the_secret_is_not_shown() -> None:
    assert "material" not in repr(KEYS["hmac-sha256"])
