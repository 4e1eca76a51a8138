"""Has this process the file of events in columns?"""

from attrs import frozen

from .on_demand import OnDemandEventStore


@frozen
class ColumnarFileProbe:
    """Not ready while another process holds the file; it is taken over when that one ends.

    A file that cannot be opened for another reason makes nothing unready: it is a copy, and
    whatever does not ask for events is answered.
    """

    store: OnDemandEventStore
    name: str = "columnar_store"

    async def problem(self) -> str | None:
        if await self.store.held_elsewhere():
            return "another process holds the file of events in columns"
        return None
