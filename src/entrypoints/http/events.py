"""Events: send them, each once, and read them back."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve, frozen
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from ...domain.errors import Flaw, InvalidFields, InvalidInput, OtherTenant
from ...domain.events import (
    LARGEST_BODY,
    LARGEST_PAGE,
    LONGEST_ID,
    LONGEST_TYPE,
    Event,
    EventFilter,
    EventKey,
    EventQuery,
    EventStatus,
    EventTrace,
    Receipt,
    instant,
    microseconds,
)
from ...domain.identifiers import LARGEST_INTEGER
from ...domain.windows import check_day
from ...ports.event_log import LoggedEvent
from ..structuring import instant_of
from .conditions import LONGEST_FILTERS, read_condition
from .event_intake import EventsBody, read_request, request_key, wants_lenient
from .event_streams import STREAMED, writing
from .inputs import Call, chosen_media, described
from .problems import FieldProblem, field_problem

_POSITION = re.compile(r"\d{1,16}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

DEFAULT_PAGE = 100

INTAKE_HEADERS = {
    "Idempotency-Key": "Names this request: sent again with the same body, it has no effect and "
    "the same answer. Needed unless every event has an `event_id`.",
    "Prefer": "`handling=lenient` keeps the good events though others are refused.",
}
RECEIPT_HEADERS = {
    "Idempotent-Replayed": "`true` if this is the answer to an earlier request with the same key.",
    "Preference-Applied": "`handling=lenient` if single events could be refused.",
}

STREAM_HEADERS = {
    "As-Of-Position": "Of a stream: the position that was seen, to go on with if it breaks off.",
}


@frozen(slots=False)
class EventOutcome:
    """What became of one event.

    Args:
        index: Its place in the request, from 0.
        event_id: Its name for good; null if it was refused without one.
        status: `accepted`; `duplicate` if it was there already, and nothing was done;
            `quarantined` if it is kept apart because it breaks its schema; `refused`.
        position: Its place in the order of acknowledgement; null if it was refused.
        errors: Why it was refused or is kept apart; of an accepted one, what its schema notes.
    """

    index: int
    event_id: str | None
    status: EventStatus
    position: int | None
    errors: tuple[FieldProblem, ...]


@frozen(slots=False)
class EventsReceipt:
    """What became of a request: what is acknowledged here is kept for good.

    Args:
        accepted: Events that are new.
        duplicates: Events that were there already.
        quarantined: Events that are kept apart.
        refused: Events that were refused; none unless asked for leniently.
        position: Your position once they were kept; lists as of it show them.
        results: One per event, in the order sent.
    """

    accepted: int
    duplicates: int
    quarantined: int
    refused: int
    position: int
    results: tuple[EventOutcome, ...]


@frozen
class EventListParameters:
    """Which events, as of when, how many."""

    org_id: str | None = described(
        "Your organization; another one than your credential's own is refused.",
        default=None,
        max_length=LONGEST_ID,
    )
    user_id: str | None = described(
        "Only events of this user.", default=None, example="u_17", max_length=LONGEST_ID
    )
    event_type: tuple[str, ...] = described(
        "Only events of these types.", default=(), example=["signup", "visit"]
    )
    start_date: str | None = described(
        "Only events from this day of UTC on, or from this instant on.",
        default=None,
        example="2026-01-01",
        max_length=40,
    )
    end_date: str | None = described(
        "Only events up to this day of UTC, which belongs to the range, or before this instant.",
        default=None,
        example="2026-01-31",
        max_length=40,
    )
    filters: str | None = described(
        "Conditions on properties, as JSON: `{property, op, value}` or `{and: […]}`, "
        "`{or: […]}`, `{not: …}`; ops are `eq ne in not_in gt ge lt le contains not_contains "
        'is_set is_not_set`. With `"scope": "user"` the attributes of the user are asked; such '
        "conditions are joined to others by `and` only, and at most 10,000 users may fit.",
        default=None,
        example='{"property":"channel","op":"eq","value":"ads"}',
        max_length=LONGEST_FILTERS,
    )
    limit: int | None = described(
        "Length of the page, 100 where it is left out; of a stream, which has all events "
        "without it, the most events.",
        default=None,
        minimum=1,
        maximum=LARGEST_PAGE,
    )
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same filters.",
        default=None,
        max_length=2_000,
    )
    as_of_position: int | None = described(
        "See what was there at this position, instead of now; what was acknowledged later is "
        "left out. Answers say it of themselves.",
        default=None,
        minimum=0,
        maximum=LARGEST_INTEGER,
    )
    after: str | None = described(
        "Go on behind an event, named by its `timestamp`, a comma and its `position`: the last "
        "one that arrived before a stream broke off. With `as_of_position` and the same filters, "
        "nothing is missing and nothing comes twice.",
        default=None,
        example="2026-01-31T09:30:00Z,42",
        max_length=60,
    )

    def question(self) -> list[Any]:
        """What a cursor belongs to."""
        return [
            "events",
            self.user_id,
            self.event_type,
            self.start_date,
            self.end_date,
            self.filters,
            *(one for one in (self.as_of_position, self.after) if one is not None),
        ]

    def where(self) -> EventFilter:
        """Which events are meant.

        Raises:
            InvalidFields: If a filter cannot be meant.
        """
        wrong = [one for one in self.event_type if not 0 < len(one) <= LONGEST_TYPE]
        if wrong:
            message = f"must be names of 1 to {LONGEST_TYPE} characters"
            raise InvalidFields([Flaw(("event_type",), "length", message)])
        return EventFilter(
            None if self.user_id is None else frozenset({self.user_id}),
            frozenset(self.event_type) or None,
            _bound("start_date", self.start_date, timedelta(0)),
            _bound("end_date", self.end_date, timedelta(days=1)),
            read_condition(self.filters),
        )


@frozen(slots=False)
class EventList:
    """A page of events, newest first.

    Args:
        items: The events.
        next_cursor: For the next page; null on the last.
        as_of_position: The position that was seen: what was acknowledged later is in no page
            of this walk.
    """

    items: tuple[Event, ...]
    next_cursor: str | None
    as_of_position: int


@frozen
class QuarantineParameters:
    """How many, and from where."""

    limit: int = described("Length of the page.", default=100, minimum=1, maximum=LARGEST_PAGE)
    cursor: str | None = described(
        "`next_cursor` of the page before.", default=None, max_length=2_000
    )


@frozen(slots=False)
class KeptEvent:
    """An event, and why it is kept apart.

    Args:
        event: The event.
        quarantined: Whether it is kept apart, out of every list and figure.
        errors: Why.
    """

    event: Event
    quarantined: bool
    errors: tuple[FieldProblem, ...]


@frozen(slots=False)
class QuarantineList:
    """A page of events that are kept apart.

    Args:
        items: The last one received first.
        next_cursor: For the next page; null on the last.
    """

    items: tuple[KeptEvent, ...]
    next_cursor: str | None


class EventController(Controller):
    """Your events."""

    path = "/api/v1/events"
    tags = ("Events",)

    @post(
        "/",
        operation_id="sendEvents",
        needs="events:write",
        takes=EventsBody,
        may_fail=(409,),
        request_headers=INTAKE_HEADERS,
        answer_headers=RECEIPT_HEADERS,
        request_max_body_size=LARGEST_BODY,
        status_code=200,
    )
    async def send(self, request: Call) -> Response[EventsReceipt]:
        """Send 1 to 100 events: kept together or not at all, each once, for good.

        Two keys make it safe to send again after any failure. The `Idempotency-Key` names the
        request: with the same body it gives its first answer again, for at least 48 hours; with
        another body it is refused (422). The `event_id` names the event, for good: one that was
        kept before is a duplicate and is not counted twice; with other content it is refused
        (409), and the answer names the fields that differ.
        """
        body = await request.json_body()
        lenient = wants_lenient(request.headers.get("prefer"))
        key = request_key(request.headers.get("idempotency-key"))
        asked = read_request(body, key, lenient=lenient)
        receipt = await request.cases.record_events(request.tenant, asked)
        headers = {}
        if receipt.replayed:
            headers["idempotent-replayed"] = "true"
        if lenient:
            headers["preference-applied"] = "handling=lenient"
        return Response(_told(receipt), headers=headers)

    @get(
        "/",
        operation_id="listEvents",
        needs="events:read",
        asks=EventListParameters,
        also_makes=STREAMED,
        answer_headers=STREAM_HEADERS,
    )
    async def list_events(self, request: Call) -> Response[EventList]:
        """Events, newest first.

        What was acknowledged is there at once. All pages of a walk see the same position: no
        event is skipped, repeated or added while you read.

        With `Accept: application/x-ndjson`, `text/csv`,
        `application/vnd.openxmlformats-officedocument.spreadsheetml.sheet` (Excel),
        `application/vnd.apache.arrow.stream` or `application/vnd.apache.parquet` all events that
        fit come in one stream, as of one position, which `As-Of-Position` tells. If it breaks
        off, ask again with that `as_of_position` and the last whole event as `after`. Cells of
        CSV that a spreadsheet would compute begin with an apostrophe.
        """
        asked = request.parameters(EventListParameters)
        own_organization(request, asked.org_id)
        query = _query(request, asked)
        media = chosen_media(request)
        if media in STREAMED:
            write = writing(media)
            found = await request.cases.stream_events(request.tenant, query)
            seen = {"as-of-position": str(found.position)}
            stream: Response[Any] = Stream(write(found.portions), media_type=media, headers=seen)
            return stream
        query = evolve(query, limit=query.limit or DEFAULT_PAGE)
        page = await request.cases.list_events(request.tenant, query)
        cursor = None
        if page.next is not None:
            last = [microseconds(page.next.timestamp), page.next.position, page.position]
            cursor = request.cursors.seal(request.tenant, asked.question(), last)
        return Response(EventList(page.items, cursor, page.position))

    @get(
        "/quarantine",
        operation_id="listQuarantinedEvents",
        needs="events:read",
        asks=QuarantineParameters,
    )
    async def quarantine(self, request: Call) -> QuarantineList:
        """Events that are kept apart because they break the schema of their type.

        They are in no list and no figure.
        """
        asked = request.parameters(QuarantineParameters)
        before = None
        if asked.cursor is not None:
            before = request.cursors.open(request.tenant, ["quarantine"], asked.cursor)
        found = await request.cases.list_quarantine(request.tenant, before, asked.limit + 1)
        items, rest = found[: asked.limit], found[asked.limit :]
        cursor = None
        if rest:
            last = items[-1].event.position
            cursor = request.cursors.seal(request.tenant, ["quarantine"], last)
        return QuarantineList(tuple(map(_kept, items)), cursor)

    @get("/{event_id:str}", operation_id="getEvent", needs="events:read")
    async def show(self, request: Call, event_id: FromPath[str]) -> KeptEvent:
        """An event by its id."""
        return _kept(await request.cases.find_event(request.tenant, event_id))

    @get("/{event_id:str}/trace", operation_id="traceEvent", needs="events:read")
    async def trace(self, request: Call, event_id: FromPath[str]) -> EventTrace:
        """Where an event is: received, checked, kept, and in which answers it is visible."""
        return await request.cases.trace_event(request.tenant, event_id)


def own_organization(call: Call, org_id: str | None) -> None:
    """Refuse an organization that is not the credential's own, never replace it in silence.

    Raises:
        OtherTenant: If it is another one.
    """
    if org_id is not None and org_id != call.tenant:
        raise OtherTenant


def _query(call: Call, asked: EventListParameters) -> EventQuery:
    after, through = _event_key(asked.after), asked.as_of_position
    if asked.cursor is not None:
        at, position, through = call.cursors.open(call.tenant, asked.question(), asked.cursor)
        after = EventKey(instant(at), position)
    return EventQuery(asked.where(), asked.limit, after, through)


def _event_key(text: str | None) -> EventKey | None:
    """An event's place in a list, out of what is known of it."""
    if text is None:
        return None
    at, _, position = text.rpartition(",")
    try:
        if _POSITION.fullmatch(position):
            return EventKey(_known("after", instant_of(at)), int(position))
    except InvalidInput:
        raise
    except ValueError:
        pass
    message = "must be timestamp and position of an event, such as 2026-01-31T09:30:00Z,42"
    raise InvalidInput(message, path=("after",), code="event_key")


def _bound(name: str, text: str | None, added: timedelta) -> datetime | None:
    """An instant as it is, or the first instant of a day with something added."""
    if text is None:
        return None
    try:
        if not _DAY.fullmatch(text):
            return _known(name, instant_of(text))
        day = date.fromisoformat(text)
    except InvalidInput:
        raise
    except ValueError:
        message = "must be a day such as 2026-01-31 or an instant such as 2026-01-31T09:30:00Z"
        raise InvalidInput(message, path=(name,), code="day_or_instant") from None
    check_day(name, day)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + added


def _known(name: str, at: datetime) -> datetime:
    check_day(name, at.date())
    return at


def _told(receipt: Receipt) -> EventsReceipt:
    outcomes = tuple(
        EventOutcome(
            one.index, one.event_id, one.status, one.position, tuple(map(field_problem, one.errors))
        )
        for one in receipt.results
    )
    count = [one.status for one in receipt.results].count
    return EventsReceipt(
        count(EventStatus.ACCEPTED),
        count(EventStatus.DUPLICATE),
        count(EventStatus.QUARANTINED),
        count(EventStatus.REFUSED),
        receipt.position,
        outcomes,
    )


def _kept(found: LoggedEvent) -> KeptEvent:
    errors = tuple(map(field_problem, found.quarantine))
    return KeptEvent(found.event, bool(found.quarantine), errors)
