"""Signatures of HTTP messages: what is signed, what we ask of a signature, whether it holds.

References:
    RFC 9421, 2 (components), 2.5 (signature base), 3.2 (verifying), 3.3.3 and 3.3.6
    (algorithms); RFC 9530, 2 (Content-Digest).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from attrs import field, frozen

from ..errors import InvalidInput, SignatureInvalid, SignatureRequired
from ..identifiers import KeyId
from ..structured_fields import InnerList, Item, Value, dictionary, unrepeated

TAG = "sightline-v1"
"""Marks the signatures that are meant for us."""
TOLERANCE_SECONDS = 300
"""How far from now, either way, a signature may have been made. [s]"""
LABEL = "sig1"
_LONGEST_NONCE = 128
_KNOWN_PARAMETERS = frozenset({"created", "expires", "nonce", "alg", "keyid", "tag"})
_DIGESTS: Mapping[str, Callable[[bytes], "hashlib._Hash"]] = {
    "sha-256": hashlib.sha256,
    "sha-512": hashlib.sha512,
}

Checks = Callable[[bytes, bytes, bytes], bool]
"""Whether under a public key a message has an Ed25519 signature: `Signer.checks`."""


class SignatureAlgorithm(StrEnum):
    """How a key signs; part of the key, never taken from a message."""

    HMAC_SHA256 = "hmac-sha256"
    ED25519 = "ed25519"


@frozen
class VerificationKey:
    """What the signatures of one key are checked with.

    Args:
        id: Its public name, as `keyid` gives it.
        algorithm: How it signs.
        material: The shared secret, or the public key. [bytes]
    """

    id: KeyId
    algorithm: SignatureAlgorithm
    material: bytes = field(repr=False)


@frozen
class HttpMessage:
    """A request, or an answer together with its request.

    Args:
        method: Of the request.
        target_uri: Of the request: scheme, authority, path and query.
        fields: Name in lower case and value of each header line, in order.
        status: Of the answer; None for a request.
        request: What was answered; None for a request.
    """

    method: str
    target_uri: str
    fields: tuple[tuple[str, str], ...]
    status: int | None = None
    request: "HttpMessage | None" = None

    def field(self, name: str) -> str | None:
        """The value of a header, its lines joined; None if there is none."""
        lines = [value.strip(" \t") for known, value in self.fields if known == name]
        return ", ".join(lines) if lines else None


@frozen
class MessageSignature:
    """A signature as a message carries it.

    Args:
        label: What the message calls it.
        covered: The components it covers and its parameters, as they were sent.
        value: The signature. [bytes]
    """

    label: str
    covered: InnerList
    value: bytes

    @property
    def components(self) -> tuple[str, ...]:
        """The identifiers of the components, as in the signature base."""
        return tuple(map(str, self.covered.items))

    def parameter(self, name: str) -> Value | None:
        """A parameter; None if it was left out."""
        return self.covered.parameters.get(name)


def signature_base(message: HttpMessage, covered: InnerList) -> bytes:
    """The bytes that are signed.

    Raises:
        SignatureInvalid: If a component is unknown, repeated or not there.
    """
    lines: list[str] = []
    for component in covered.items:
        identifier = str(component)
        if any(line.startswith(f"{identifier}: ") for line in lines):
            raise SignatureInvalid(f"the signature covers {identifier[:64]} twice")
        lines.append(f"{identifier}: {_value(message, component)}")
    lines.append(f'"@signature-params": {covered}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError:
        raise SignatureInvalid("the signature covers what is not ASCII") from None


def signatures(message: HttpMessage) -> tuple[MessageSignature, ...]:
    """Every signature that a message carries.

    Raises:
        SignatureInvalid: If its two headers cannot be read or do not fit each other.
    """
    given, values = message.field("signature-input"), message.field("signature")
    if given is None and values is None:
        return ()
    try:
        covered, signed = unrepeated(given or ""), unrepeated(values or "")
    except InvalidInput as error:
        raise SignatureInvalid(f"Signature and Signature-Input cannot be read: {error}") from None
    found = []
    for label, one in covered.items():
        value = signed.get(label)
        if not isinstance(one, InnerList) or not isinstance(value, Item):
            raise SignatureInvalid("Signature and Signature-Input do not fit each other")
        if not isinstance(value.value, bytes):
            raise SignatureInvalid("a signature is bytes")
        found.append(MessageSignature(label, one, value.value))
    if set(signed) != set(covered):
        raise SignatureInvalid("Signature and Signature-Input do not fit each other")
    return tuple(found)


def accepted(
    message: HttpMessage, body: bytes, key: VerificationKey, now: float, checks: Checks
) -> str:
    """Check the one signature of a request that is meant for us.

    Args:
        message: The request.
        body: Its whole body.
        key: The key that the request's credential names.
        now: The present instant. [s since 1970]
        checks: Checks Ed25519.

    Returns:
        Its nonce, which nobody may use again within twice the tolerance.

    Raises:
        SignatureRequired: If there is none.
        SignatureInvalid: If it covers too little, is too old, not of this key, or does not hold.
    """
    ours = _ours(message)
    if not ours:
        needed = required(message, body)
        raise SignatureRequired(key.id, key.algorithm, needed, TAG)
    if len(ours) != 1:
        raise SignatureInvalid(f"exactly one signature is tagged {TAG!r}")
    (signature,) = ours
    nonce = _fit(signature, key, now)
    _covers_enough(signature, message, body)
    _whole(message, body)
    if not holds(key, signature_base(message, signature.covered), signature.value, checks):
        raise SignatureInvalid("the signature does not hold")
    return nonce


def is_signed(message: HttpMessage) -> bool:
    """Whether a message carries a signature that is meant for us.

    Raises:
        SignatureInvalid: If that cannot be read.
    """
    return bool(_ours(message))


def holds(key: VerificationKey, base: bytes, value: bytes, checks: Checks) -> bool:
    """Whether a key has signed these bytes."""
    if key.algorithm is SignatureAlgorithm.HMAC_SHA256:
        return hmac.compare_digest(hmac.digest(key.material, base, hashlib.sha256), value)
    return checks(key.material, base, value)


def content_digest(body: bytes) -> str:
    """The Content-Digest of a body (RFC 9530)."""
    return f"sha-256={Item(hashlib.sha256(body).digest())}"


def digest_fits(header: str, body: bytes) -> bool:
    """Whether a Content-Digest names a digest we know, and every such digest fits."""
    try:
        found = dictionary(header)
    except InvalidInput:
        return False
    known = [(_DIGESTS[name], item) for name, item in found.items() if name in _DIGESTS]
    return bool(known) and all(
        isinstance(item, Item)
        and isinstance(item.value, bytes)
        and hmac.compare_digest(make(body).digest(), item.value)
        for make, item in known
    )


def covered_by(components: Iterable[str], parameters: Mapping[str, Value]) -> InnerList:
    """Components and parameters of a signature to be made; ``@method;req`` means the request's."""
    items = []
    for component in components:
        name, _, of_request = component.partition(";")
        items.append(Item(name, {"req": True} if of_request else {}))
    return InnerList(tuple(items), dict(parameters))


def signed(
    message: HttpMessage, covered: InnerList, sign: Callable[[bytes], bytes], label: str = LABEL
) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two headers that sign a message.

    Args:
        message: What is signed; it has its Content-Digest already, if that is covered.
        covered: As `covered_by` makes it.
        sign: Makes the signature of the base.
        label: What to call it.

    Raises:
        SignatureInvalid: If a component is unknown, repeated or not there.
    """
    value = Item(sign(signature_base(message, covered)))
    return ("signature-input", f"{label}={covered}"), ("signature", f"{label}={value}")


def required(message: HttpMessage, body: bytes) -> tuple[str, ...]:
    """What the signature of a request must cover."""
    names = ["@method", "@target-uri"]
    if body or message.field("content-digest") is not None:
        names.append("content-digest")
    if message.field("idempotency-key") is not None:
        names.append("idempotency-key")
    return tuple(names)


def _ours(message: HttpMessage) -> list[MessageSignature]:
    return [one for one in signatures(message) if one.parameter("tag") == TAG]


def _fit(signature: MessageSignature, key: VerificationKey, now: float) -> str:
    unknown = set(signature.covered.parameters) - _KNOWN_PARAMETERS
    if unknown:
        raise SignatureInvalid("the signature has parameters that are not known here")
    created, expires = signature.parameter("created"), signature.parameter("expires")
    nonce = signature.parameter("nonce")
    if type(created) is not int or abs(now - created) > TOLERANCE_SECONDS:
        message = f"a signature is made within {TOLERANCE_SECONDS} seconds of now, says created"
        raise SignatureInvalid(message)
    if expires is not None and (type(expires) is not int or expires <= now):
        raise SignatureInvalid("the signature has expired")
    if type(nonce) is not str or not 1 <= len(nonce) <= _LONGEST_NONCE:
        message = f"a signature has a nonce of 1 to {_LONGEST_NONCE} characters"
        raise SignatureInvalid(message)
    if signature.parameter("keyid") != key.id:
        raise SignatureInvalid("the signature names another key than the credential")
    if signature.parameter("alg") not in {None, key.algorithm.value}:
        raise SignatureInvalid("the signature names another algorithm than the key's")
    return nonce


def _covers_enough(signature: MessageSignature, message: HttpMessage, body: bytes) -> None:
    missing = [
        name for name in required(message, body) if str(Item(name)) not in signature.components
    ]
    if missing:
        raise SignatureInvalid(f"the signature must cover {', '.join(missing)}")


def _whole(message: HttpMessage, body: bytes) -> None:
    digest = message.field("content-digest")
    if digest is not None and not digest_fits(digest, body):
        raise SignatureInvalid("Content-Digest does not fit the body")


def _value(message: HttpMessage, component: Item) -> str:
    name, parameters = component.value, dict(component.parameters)
    if type(name) is not str:
        raise SignatureInvalid("a component is named by a string")
    of = message
    if parameters.pop("req", False) is True:
        if message.request is None:
            raise SignatureInvalid("only an answer can cover its request")
        of = message.request
    if parameters:
        raise SignatureInvalid("the signature covers a component in a way that is not known here")
    value = _derived(of, name) if name.startswith("@") else of.field(name)
    if value is None:
        raise SignatureInvalid(f"the signature covers {name[:64]}, which is not there")
    if "\n" in value or "\r" in value:
        raise SignatureInvalid("the signature covers a value of several lines")
    return value


def _derived(message: HttpMessage, name: str) -> str | None:
    if message.status is not None:  # what else there is belongs to the request
        return str(message.status) if name == "@status" else None
    parts = urlsplit(message.target_uri)
    default = {"http": ":80", "https": ":443"}.get(parts.scheme.lower(), "")
    return {
        "@method": message.method,
        "@target-uri": message.target_uri,
        "@authority": parts.netloc.lower().removesuffix(default),
        "@scheme": parts.scheme.lower(),
        "@path": parts.path or "/",
        "@query": f"?{parts.query}",
    }.get(name)
