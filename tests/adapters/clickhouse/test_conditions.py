from sightline.adapters.clickhouse.conditions import Parameters, events_of
from sightline.domain.events import AnyOf, EventFilter, EventQuery, Leaf, Op
from sightline.domain.identifiers import TenantId


def _statement(name: str, value: str) -> str:
    leaves = tuple(Leaf(name, op, value) for op in Op if op not in {Op.IN, Op.NOT_IN})
    condition = AnyOf((*leaves, Leaf(name, Op.IN, (value, value))))
    some = frozenset({value})
    where = EventFilter(some, some, condition=condition, other_than=some)
    return events_of(TenantId(value), EventQuery(where), 1, Parameters())


def test_a_value_never_becomes_part_of_a_statement() -> None:
    """Two filters of one shape make one text, whatever they say."""
    hostile = _statement("'; drop table event; --", "\\' or 1 = 1 --")
    assert hostile == _statement("plan", "pro")
