"""Which registrations a list shows and where its next page begins; stores answer the same."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from .schemas import SchemaMode, SchemaRegistration

LARGEST_PAGE = 200
"""Most registrations of one page."""


@frozen
class SchemaQuery:
    """Registrations of a tenant by event type, in the order of code points.

    Args:
        mode: Only those in this mode.
        retired: Only those that are retired, or only those in force; None for both.
        limit: Most registrations of the page.
        after: The last event type of the page before; None for the first page.
    """

    mode: SchemaMode | None = None
    retired: bool | None = None
    limit: int = 50
    after: str | None = None

    def reference(self, registered: Iterable[SchemaRegistration]) -> tuple[SchemaRegistration, ...]:
        """The registrations of the page and, if there is one, the first of the next."""
        found = sorted(filter(self._fits, registered), key=lambda one: one.event_type)
        return tuple(found[: self.limit + 1])

    def _fits(self, one: SchemaRegistration) -> bool:
        return (
            self.mode in {None, one.mode}
            and self.retired in {None, one.retired_at is not None}
            and (self.after is None or one.event_type > self.after)
        )


@frozen
class SchemaPage:
    """Some registrations of a list.

    Args:
        items: By event type.
        next: The event type after which the next page begins; None where there is none.
    """

    items: tuple[SchemaRegistration, ...]
    next: str | None


def schema_page(query: SchemaQuery, found: Sequence[SchemaRegistration]) -> SchemaPage:
    """A page from one registration more than fit on it, if there are so many."""
    items = tuple(found[: query.limit])
    return SchemaPage(items, items[-1].event_type if len(found) > query.limit else None)
