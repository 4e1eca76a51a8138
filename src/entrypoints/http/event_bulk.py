"""Events of any number in one request: a line each, kept as they come."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from attrs import frozen
from litestar import Controller, post

from ...application.import_events import ImportProgress, NumberedDraft
from ...domain.errors import Flaw, InvalidInput
from ...domain.identifiers import LARGEST_INTEGER
from ...domain.tenancy import CostClass
from ..structuring import from_json
from .event_intake import EventBody, plain_lines, request_key
from .inputs import Call, decoded, described
from .problems import FieldProblem, UnreadableBody, UnsupportedMediaType, field_problem
from .spreadsheets import NDJSON

LONGEST_LINE = 64 * 1024
"""Longest line. [bytes]"""

AT_ONCE = 100
"""Lines that are read together."""

MOST_TOLD = 100
"""Most refused lines that an answer tells of; all of them are counted."""


@frozen
class BulkParameters:
    """Where the request begins."""

    first_line: int = described(
        "Number of the first line sent, where an import goes on that broke off.",
        default=1,
        minimum=1,
        maximum=LARGEST_INTEGER // 2,
    )


@frozen(slots=False)
class RefusedLineReport:
    """A line that is not kept.

    Args:
        line: Its number.
        errors: Why.
    """

    line: int
    errors: tuple[FieldProblem, ...]


@frozen(slots=False)
class BulkReport:
    """What became of an import.

    Args:
        last_line: Everything up to this line is kept for good, or refused; if the request broke
            off, send again from the next one on, or all of it: nothing counts twice.
        accepted: Events that are new.
        duplicates: Events that were there already.
        quarantined: Events that are kept apart.
        refused: Lines that were refused.
        position: Your position; lists as of it show them.
        refusals: The first hundred of the refused lines.
    """

    last_line: int
    accepted: int
    duplicates: int
    quarantined: int
    refused: int
    position: int
    refusals: tuple[RefusedLineReport, ...]


class EventBulkController(Controller):
    """Your events, many at once."""

    path = "/api/v1/events/bulk"
    tags = ("Events",)

    @post(
        "/",
        operation_id="sendEventsInBulk",
        needs="events:write",
        asks=BulkParameters,
        request_headers={
            "Idempotency-Key": "Names the import. Events without an `event_id` get one made of it "
            "and the number of their line; needed if there are any."
        },
        cost_class=CostClass.BULK,
        request_max_body_size=None,
        status_code=200,
        reads=NDJSON,
    )
    async def send(self, request: Call) -> BulkReport:
        """Send events of any number, one JSON object a line, as `application/x-ndjson`.

        Every thousand lines are kept for good as they come. A line that is no event is refused
        and told with its number; the others are kept. A request that breaks off is sent again,
        whole or from any earlier line on with `first_line`: nothing counts twice.
        """
        asked = request.parameters(BulkParameters)
        name = request_key(request.headers.get("idempotency-key"))
        declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if declared != NDJSON:
            raise UnsupportedMediaType(f"the body must be declared as Content-Type: {NDJSON}")
        lines = _drafts(_lines(request), asked.first_line, named=name is not None)
        progress = ImportProgress(asked.first_line - 1)
        refusals: list[RefusedLineReport] = []
        kept = request.cases.import_events(request.tenant, name or "", lines, asked.first_line)
        async with aclosing(kept) as batches:
            async for progress in batches:
                refusals += [
                    RefusedLineReport(one.line, tuple(map(field_problem, one.errors)))
                    for one in progress.refusals[: MOST_TOLD - len(refusals)]
                ]
        return BulkReport(
            progress.line,
            progress.accepted,
            progress.duplicates,
            progress.quarantined,
            progress.refused,
            progress.position,
            tuple(refusals),
        )


async def _lines(request: Call) -> AsyncGenerator[bytes, None]:
    """The lines of a body as they arrive; one that is too long comes cut off."""
    rest = b""
    async for chunk in request.stream():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
        rest = rest[: LONGEST_LINE + 1]
    if rest:
        yield rest


async def _drafts(
    lines: AsyncIterator[bytes], number: int, *, named: bool
) -> AsyncGenerator[NumberedDraft, None]:
    """Lines as events, numbered; empty ones count as lines and are nothing."""
    waiting: list[tuple[int, bytes]] = []
    async for line in lines:
        if line.strip():
            waiting.append((number, line))
        if len(waiting) == AT_ONCE:
            for read in read_lines(waiting, named=named):
                yield read
            waiting = []
        number += 1
    for read in read_lines(waiting, named=named):
        yield read


def read_lines(lines: Sequence[tuple[int, bytes]], *, named: bool) -> list[NumberedDraft]:
    """Lines as events, as `read_line` of each; up to a hundred at once cost a fifth of that.

    Args:
        lines: Each with its number.
        named: Whether the import has a name, so that an event may come without an id.
    """
    if all(len(line) <= LONGEST_LINE for _, line in lines):
        drafts = plain_lines([line for _, line in lines])
        if drafts and (named or all(one.event_id is not None for one in drafts)):
            pairs = zip(lines, drafts, strict=True)
            return [NumberedDraft(number, draft) for (number, _), draft in pairs]
    return [read_line(number, line, named=named) for number, line in lines]


def read_line(number: int, line: bytes, *, named: bool) -> NumberedDraft:
    """One line as an event.

    Args:
        number: Its number.
        line: Its JSON.
        named: Whether the import has a name, so that an event may come without an id.
    """
    if len(line) > LONGEST_LINE:
        message = f"a line may have at most {LONGEST_LINE} bytes"
        return NumberedDraft(number, None, (Flaw((), "too_long", message),))
    try:
        draft = from_json(decoded(line), EventBody).draft()
    except UnreadableBody as error:
        return NumberedDraft(number, None, (Flaw((), "json", str(error)),))
    except InvalidInput as error:
        return NumberedDraft(number, None, error.flaws)
    if draft.event_id is None and not named:
        message = "required, or an Idempotency-Key that names the import"
        return NumberedDraft(number, None, (Flaw(("event_id",), "missing", message),))
    return NumberedDraft(number, draft)
