"""What every signer must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of signers, each with a key of its own by a number.
"""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ...ports.signer import Signer

__all__ = [
    "test_a_signature_fits_its_message_and_its_key_only",
    "test_one_key_has_one_name",
    "test_what_is_no_key_or_signature_checks_nothing",
]

Fresh = Callable[[int], Signer]

_messages = st.binary(max_size=20)


@given(message=_messages, other=_messages, place=st.integers(0, 511))
def test_a_signature_fits_its_message_and_its_key_only(
    fresh: Fresh, message: bytes, other: bytes, place: int
) -> None:
    ours, theirs = fresh(0), fresh(1)
    signature = ours.sign(message)
    assert theirs.checks(ours.public_key, message, signature)
    assert theirs.checks(ours.public_key, other, signature) == (message == other)
    assert not ours.checks(theirs.public_key, message, signature)
    flipped = bytearray(signature)
    flipped[place // 8] ^= 1 << place % 8
    assert not ours.checks(ours.public_key, message, bytes(flipped))


def test_one_key_has_one_name(fresh: Fresh) -> None:
    assert fresh(0).key_id == fresh(0).key_id != fresh(1).key_id
    assert fresh(0).public_key == fresh(0).public_key != fresh(1).public_key
    assert len(fresh(0).public_key) == 32


@given(key=st.binary(max_size=40), signature=st.binary(max_size=70))
def test_what_is_no_key_or_signature_checks_nothing(
    fresh: Fresh, key: bytes, signature: bytes
) -> None:
    signer = fresh(0)
    assert not signer.checks(signer.public_key, b"message", signature)
    assert not signer.checks(key, b"message", signer.sign(b"message"))
