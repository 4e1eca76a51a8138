"""When an issuer is asked for its keys."""

from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.tenancy import KeySet, PublicKey, Step, step

KEY = PublicKey("known", frozenset({"ES256"}), ())
SECONDS = st.sampled_from((0.0, 1.0, 29.0, 30.0, 31.0, 3599.0, 3600.0, 3601.0))


@given(
    moves=st.lists(
        st.tuples(SECONDS, st.sampled_from(("known", "made-up")), st.booleans()), max_size=40
    )
)
def test_an_issuer_is_asked_every_thirty_seconds_at_most_and_believed_for_an_hour(
    moves: list[tuple[float, str, bool]],
) -> None:
    known, now, asked = KeySet(), 0.0, [-1e9]
    for pause, wanted, up in moves:
        now += pause
        todo = step(known, wanted, now)
        fresh = known.read_at is not None and now - known.read_at < 3600
        if todo in {Step.USE, Step.USE_AND_READ}:
            assert fresh
        if todo is Step.GIVE_UP:
            assert not fresh
        if wanted == "known" and fresh:
            assert todo in {Step.USE, Step.USE_AND_READ}
        if todo in {Step.READ, Step.USE_AND_READ}:
            assert now - asked[-1] >= 30
            asked.append(now)
            known = KeySet(*((KEY,), now, now) if up else (known.keys, known.read_at, now))


def test_a_key_that_is_used_is_looked_at_anew_after_half_a_minute() -> None:
    known = KeySet((KEY,), 100.0, 100.0)
    assert step(known, "known", 129.0) is Step.USE
    assert step(known, "known", 130.0) is Step.USE_AND_READ
    assert step(known, "new", 129.0) is Step.USE  # that is: there is no such key
    assert step(known, "new", 130.0) is Step.READ
    assert step(KeySet((), None, 100.0), "new", 129.0) is Step.GIVE_UP
