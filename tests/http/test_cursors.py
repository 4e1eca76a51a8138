"""A cursor opens only where it was sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.identifiers import TenantId
from sightline.entrypoints.http.cursors import Cursors

CURSORS = Cursors(b"s" * 32)
ACME, RIVAL = TenantId("acme"), TenantId("rival")


@given(st.lists(st.integers(0, 9) | st.text(max_size=3) | st.none(), max_size=3))
def test_what_was_sealed_comes_back(position: list[object]) -> None:
    assert (
        CURSORS.open(ACME, {"sort": "id"}, CURSORS.seal(ACME, {"sort": "id"}, position)) == position
    )


def test_another_tenant_question_or_secret_opens_nothing() -> None:
    cursor = CURSORS.seal(ACME, {"sort": "id"}, [1])
    for other, tenant, question in (
        (CURSORS, RIVAL, {"sort": "id"}),
        (CURSORS, ACME, {"sort": "name"}),
        (Cursors(b"t" * 32), ACME, {"sort": "id"}),
    ):
        with pytest.raises(InvalidInput):
            other.open(tenant, question, cursor)


@given(st.text(max_size=40))
def test_made_up_cursors_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        CURSORS.open(ACME, {}, text)


def test_every_changed_letter_is_noticed() -> None:
    cursor = CURSORS.seal(ACME, {}, [12])
    for place in range(len(cursor) - 1):  # the last letter may hold unused bits
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(InvalidInput):
            CURSORS.open(ACME, {}, changed)
