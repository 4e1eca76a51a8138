"""The users behind one cell of a retention table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from attrs import field, frozen

from ...attributes import Json
from ...errors import Flaw, InvalidFields
from ...events import Event
from ..patterns import History
from ..question import Reach
from ..sheet import Sheet, cells_of, columns_of
from .query import RetentionQuery

LARGEST_LIST = 1_000
"""Most users of one page."""


class RetentionState(StrEnum):
    """Which users of a cohort are meant."""

    RETURNED = "returned"
    LOST = "lost"


@frozen
class RetentionUsersQuery:
    """Who is in a cell, or missing from it.

    Args:
        query: The table.
        cohort: When the cohort's interval begins, as the table says. [UTC]
        column: Which column, from 0; all of the cohort are in the first.
        state: `returned` for those whom the cell counts, `lost` for those whom it does not.
        value: Only those whom this table of the breakdown counts; null for all.
        limit: Most users of the page, 1 to 1,000.
        after: The last user of the page before; null for the first page.
        explain: Whether the answer says how it came about.

    Raises:
        InvalidFields: If the table has no such cell, or the limit is out of range.
    """

    query: RetentionQuery
    cohort: datetime
    column: int
    state: RetentionState = RetentionState.RETURNED
    value: str | None = None
    limit: int = 100
    after: str | None = None
    explain: bool = field(default=False, repr=False)
    row: int = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        starts = self.query.axis.starts
        known = self.cohort.tzinfo is not None and self.cohort in starts
        flaws = []
        if not known:
            flaws.append(Flaw(("cohort",), "unknown_cohort", "no cohort of the table begins then"))
        row = starts.index(self.cohort) if known else 0
        if not 0 <= self.column < self.query.width(row):
            message = f"the row of this cohort has the columns 0 to {self.query.width(row) - 1}"
            flaws.append(Flaw(("column",), "out_of_range", message))
        if self.value is not None and self.query.breakdown is None:
            flaws.append(Flaw(("value",), "not_taken", "the query has no breakdown"))
        if not 1 <= self.limit <= LARGEST_LIST:
            message = f"must lie in 1 to {LARGEST_LIST}"
            flaws.append(Flaw(("limit",), "out_of_range", message))
        if flaws:
            raise InvalidFields(flaws)
        object.__setattr__(self, "row", row)

    @property
    def interval(self) -> int:
        """The interval of the cell, as a place on the axis."""
        return self.row + self.column

    def rules(self) -> dict[str, Json]:
        """How the users are found, every default spelled out."""
        return {
            "query": self.query.rules(),
            "cohort": self.cohort.isoformat().replace("+00:00", "Z"),
            "column": self.column,
            "state": self.state.value,
            "value": self.value,
        }

    def complete_until(self, now: datetime) -> datetime:
        """The instant up to which no interval is open. [UTC]"""
        return self.query.complete_until(now)

    def reach(self) -> Reach:
        """Which events it looks at, at most."""
        return self.query.reach()

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        return self.query.attributes()

    def reference(self, history: History, now: datetime) -> "RetentionUsers":
        """The page, user by user."""
        labels = self._labels(history)
        found: dict[str, RetentionUser] = {}
        for user_id, events in history.by_user():
            entry = self.query.entries(history, events).get(self.row)
            if entry is None or not self.labelled(labels[self.query.value(history, entry)]):
                continue
            returns = self.query.returns(history, events)
            if self.wants(self.column == 0 or self.query.returned(returns, self.interval)):
                found[user_id] = self.told(user_id, entry, returns)
        page, total, following = self.page(sorted(found))
        return RetentionUsers(tuple(found[one] for one in page), total, following)

    def sheet(self, figures: "RetentionUsers") -> Sheet:
        """A row per user."""
        return Sheet(columns_of(RetentionUser), map(cells_of, figures.items))

    def wants(self, returned: bool) -> bool:
        """Whether a user of the cohort is meant."""
        return returned is (self.state is RetentionState.RETURNED)

    def told(self, user_id: str, entry: Event, returns: Sequence[Event]) -> "RetentionUser":
        """What is said of a user."""
        counting = self.query.counting(returns, self.interval) if self.column else ()
        first = counting[0].timestamp.astimezone(UTC) if counting else None
        return RetentionUser(user_id, entry.timestamp.astimezone(UTC), first, len(counting))

    def page(self, ids: Sequence[str]) -> tuple[Sequence[str], int, str | None]:
        """Of all who are meant, by id: those of the page, how many in all, and the last if more."""
        rest = [one for one in ids if self.after is None or one > self.after]
        items = rest[: self.limit]
        return items, len(ids), items[-1] if len(rest) > self.limit else None

    def _labels(self, history: History) -> Mapping[str, str]:
        sizes: Counter[str] = Counter()
        for _, events in history.by_user():
            for entry in self.query.entries(history, events).values():
                sizes[self.query.value(history, entry)] += 1
        return self.query.labels(sizes)

    def labelled(self, label: str) -> bool:
        """Whether the users of a table of the breakdown are meant."""
        return self.value is None or label == self.value


@frozen(slots=False)
class RetentionUser:
    """A user of a cohort.

    Args:
        user_id: Who.
        began_at: The instant of the event that put the user into the cohort. [UTC]
        returned_at: The first returning event that counts for the column; null in the first
            column, and if there is none. [UTC]
        returns: Returning events that count for the column.
    """

    user_id: str
    began_at: datetime
    returned_at: datetime | None
    returns: int


@frozen(slots=False)
class RetentionUsers:
    """A page of the users behind a cell.

    Args:
        items: By id.
        total: How many there are on all pages. [users]
        next: The last one, if there are more behind it; null on the last page.
    """

    items: tuple[RetentionUser, ...]
    total: int
    next: str | None
