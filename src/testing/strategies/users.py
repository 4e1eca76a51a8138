"""Users, what is said of them, and questions about them."""

from typing import Any

from hypothesis import strategies as st

from ...domain.events import AllOf, AnyOf, Condition, Leaf, Not, Op, Scope
from ...domain.identifiers import UserId
from ...domain.users import UserChange, UserQuery, Way

_NAMES = ("plan", "Größe", "seats", "a_b")

#: Equal ones of different types, wildcards, case beyond ASCII, edges of what is exact.
_TEXTS = ("pro", "PRO", "1", "1.0", "true", "100%", "a_b", "a\\b", "Straße", "STRASSE", "𝔄", "z")
_NUMBERS: tuple[float, ...] = (
    0, -0.0, 1, 1.0, 12.5, 0.1, -1, 2**53 - 1, -(2.0**53), 1e300, 5e-324,
)  # fmt: skip


def scalars() -> st.SearchStrategy[str | float | bool]:
    """Texts, numbers and truth values, of which many look alike."""
    return st.sampled_from((*_TEXTS, "")) | st.sampled_from(_NUMBERS) | st.booleans()


def attribute_values() -> st.SearchStrategy[Any]:
    """Values of JSON; null, lists and objects among them."""
    nested = st.sampled_from([[], ["pro"], {}, {"plan": "pro"}, [[1], {"a": None}]])
    return scalars() | st.none() | nested


def user_ids() -> st.SearchStrategy[UserId]:
    """Four ids, so that two draws often name the same user; their order is that of no language."""
    return st.sampled_from(["B", "a", "Ä", "𝔄"]).map(UserId)


def user_changes() -> st.SearchStrategy[UserChange]:
    """Changes with a few names, so that they often meet."""
    attributes = st.dictionaries(st.sampled_from(_NAMES), attribute_values(), max_size=3)
    return st.builds(
        UserChange, user_id=user_ids(), attributes=attributes, way=st.sampled_from(Way)
    )


def ops_with_values() -> st.SearchStrategy[tuple[Op, Any]]:
    """Every operator with a value that goes with it; a list for `in` and `not_in`."""
    return st.sampled_from(Op).flatmap(lambda op: st.tuples(st.just(op), _values_of(op)))


def user_leaves() -> st.SearchStrategy[Leaf]:
    """Comparisons of a user's attribute by every operator."""
    return st.builds(
        lambda name, pair: Leaf(name, pair[0], _as_kept(pair[1]), Scope.USER),
        st.sampled_from((*_NAMES, "nobody's")),
        ops_with_values(),
    )


def user_conditions() -> st.SearchStrategy[Condition]:
    """Comparisons and what is made of a few of them; lists of none among them."""
    return st.recursive(
        user_leaves(),
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(AllOf, st.lists(inner, max_size=2).map(tuple))
            | st.builds(AnyOf, st.lists(inner, max_size=2).map(tuple))
        ),
        max_leaves=3,
    )


def user_queries() -> st.SearchStrategy[UserQuery]:
    """Pages; mostly of everybody."""
    return st.builds(
        UserQuery,
        condition=st.none() | user_conditions(),
        user_id=st.none() | user_ids(),
        limit=st.integers(1, 3),
        after=st.none() | user_ids(),
    )


def _as_kept(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _values_of(op: Op) -> st.SearchStrategy[Any]:
    if op in {Op.IS_SET, Op.IS_NOT_SET}:
        return st.none()
    if op in {Op.IN, Op.NOT_IN}:
        return st.lists(scalars(), min_size=1, max_size=3)
    if op in {Op.GT, Op.GE, Op.LT, Op.LE}:
        return st.sampled_from(_TEXTS) | st.sampled_from(_NUMBERS)
    if op in {Op.CONTAINS, Op.NOT_CONTAINS}:
        return st.sampled_from(("o", "%", "_", "\\", "SS", "ß", "1", '"', "[", *_TEXTS))
    return scalars()
