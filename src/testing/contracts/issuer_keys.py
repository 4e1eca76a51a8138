"""What every reader of other issuers' keys must do.

Import everything from here and define a module-scoped fixture ``fresh`` that takes
what is published, by address, and returns a maker of a reader of it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import Unavailable
from ...domain.tenancy import Demands, PublicKey, TrustedIssuer
from ...ports.issuer_keys import IssuerKeys
from ..strategies import public_keys

__all__ = [
    "test_a_key_is_found_with_its_issuer_alone",
    "test_an_issuer_that_cannot_be_reached_is_no_issuer_without_keys",
]

Published = Mapping[str, tuple[PublicKey, ...]]
Fresh = Callable[[Published], AbstractAsyncContextManager[IssuerKeys]]

_ADDRESSES = ("https://a.example/keys", "https://b.example/keys")


def _issuer(url: str) -> TrustedIssuer:
    return TrustedIssuer("some", Demands("https://some.example", "sightline"), url)


def _sets() -> st.SearchStrategy[tuple[PublicKey, ...]]:
    return st.lists(public_keys(), max_size=3, unique_by=lambda key: key.id).map(tuple)


@given(first=_sets(), second=_sets(), asked=st.sampled_from(("k1", "k2", "k3", "k4")))
async def test_a_key_is_found_with_its_issuer_alone(
    fresh: Fresh, first: tuple[PublicKey, ...], second: tuple[PublicKey, ...], asked: str
) -> None:
    published = dict(zip(_ADDRESSES, (first, second), strict=True))
    async with fresh(published) as keys:
        for url, theirs in published.items():
            wanted = next((key for key in theirs if key.id == asked), None)
            assert await keys.find(_issuer(url), asked) == wanted


@given(published=_sets())
async def test_an_issuer_that_cannot_be_reached_is_no_issuer_without_keys(
    fresh: Fresh, published: tuple[PublicKey, ...]
) -> None:
    async with fresh({_ADDRESSES[0]: published}) as keys:
        with pytest.raises(Unavailable):
            await keys.find(_issuer(_ADDRESSES[1]), "k1")
