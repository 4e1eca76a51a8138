import pytest

from sightline.adapters.ed25519 import Ed25519Signer
from sightline.testing.contracts.signer import *  # noqa: F403
from sightline.testing.contracts.signer import Fresh


def from_seed(number: int) -> Ed25519Signer:
    return Ed25519Signer(bytes(31) + bytes([number]))


def derived(number: int) -> Ed25519Signer:
    return Ed25519Signer.derived(bytes(32), f"purpose {number}")


@pytest.fixture(params=[from_seed, derived], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make


def test_the_first_vector_of_rfc_8032_comes_out() -> None:
    seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    signer = Ed25519Signer(bytes.fromhex(seed))
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signer.public_key.hex() == public
    assert signer.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
        "cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_the_private_key_is_not_shown() -> None:
    assert bytes(31).hex() not in repr(from_seed(1))
    assert "seed" not in repr(from_seed(1))
