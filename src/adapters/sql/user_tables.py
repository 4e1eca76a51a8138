"""The tables of users, and conditions on attributes in terms of them."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Double,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    and_,
    false,
    not_,
    or_,
    select,
    true,
)

from ...domain.attributes import scalar_text
from ...domain.events import AllOf, AnyOf, Condition, Leaf, Not, Op
from ...domain.events.matching import lowered
from ...domain.identifiers import TenantId
from .database import PLAIN_TEXT, UtcDateTime, metadata

users = Table(
    "users",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("user_id", PLAIN_TEXT, primary_key=True),
    Column("attributes", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_users_tenant_id_version", "tenant_id", "version"),
)

#: Values as `matching` sees them: `text` is what equality compares, `lowered` what is
#: searched; `number` and `ordered_text` are what has an order, at most one of them.
user_attribute = Table(
    "user_attribute",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("name", PLAIN_TEXT, primary_key=True),
    Column("user_id", PLAIN_TEXT, primary_key=True),
    Column("text", PLAIN_TEXT, nullable=False),
    Column("lowered", PLAIN_TEXT, nullable=False),
    Column("ordered_text", PLAIN_TEXT),
    Column("number", Double),
    ForeignKeyConstraint(
        ["tenant_id", "user_id"], ["users.tenant_id", "users.user_id"], ondelete="CASCADE"
    ),
    Index("ix_user_attribute_tenant_id_user_id", "tenant_id", "user_id"),
)

_U, _A = users.c, user_attribute.c

#: Operators that hold exactly where another does not, a missing attribute included.
_OPPOSITES: Mapping[Op, Op] = {
    Op.NE: Op.EQ,
    Op.NOT_IN: Op.IN,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.IS_NOT_SET: Op.IS_SET,
}
_ORDERS: Mapping[Op, Callable[[Column[Any], Any], ColumnElement[bool]]] = {
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.LT: operator.lt,
    Op.LE: operator.le,
}


def holding(tenant: TenantId, condition: Condition) -> ColumnElement[bool]:
    """Whether a condition holds for the user of the outer row of `users`."""
    match condition:
        case AllOf():
            return and_(true(), *(holding(tenant, one) for one in condition.conditions))
        case AnyOf():
            return or_(false(), *(holding(tenant, one) for one in condition.conditions))
        case Not():
            return not_(holding(tenant, condition.condition))
        case Leaf():
            opposite = _OPPOSITES.get(condition.op)
            # All of one name lie together, so they are gone through once, not once per user.
            found = _U.user_id.in_(
                select(_A.user_id).where(
                    _A.tenant_id == tenant,
                    _A.name == condition.property,
                    _fits(opposite or condition.op, condition.value),
                )
            )
            return not_(found) if opposite else found


def _fits(op: Op, value: Any) -> ColumnElement[bool]:
    """Whether the value of an attribute's row fits an operator that no missing value fits."""
    match op:
        case Op.IS_SET:
            return true()
        case Op.EQ:
            return _A.text == scalar_text(value)
        case Op.IN:
            return _A.text.in_({scalar_text(one) for one in value})
        case Op.CONTAINS:
            return _A.lowered.contains(lowered(scalar_text(value) or ""), autoescape=True)
        case _ if isinstance(value, bool):
            return false()
        case _:
            column: Column[Any] = _A.ordered_text if isinstance(value, str) else _A.number
            return _ORDERS[op](column, value)
