"""Saved cohorts: what they are, how large they are and were, who is in them."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen
from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath

from ...application.manage_cohorts import CohortWish, MemberPage
from ...domain.attributes import Json
from ...domain.identifiers import CohortId
from ...domain.questions import Grain, WeekStart
from ...domain.questions.cohorts import CohortDraft, CohortSize, SavedCohort, cohort_draft
from ...domain.questions.retention import RetainedCohort
from ...domain.tenancy import CostClass
from .admission import QUESTIONS
from .conditional import etag, expected_version, versioned
from .inputs import Call, described
from .properties import ETAG, IF_MATCH
from .question_sheets import LINKED_HEADERS, SHEET_HEADERS, SHEETS
from .questions import PATH, QuestionAnswer, given

_SINGLE = "/cohort/{cohort_id:str}"


@frozen
class CohortRequest:
    """What is said of a cohort.

    Args:
        name: 1 to 100 printable characters; two cohorts may have the same.
        definition: Who is a member: one of `{"user": filter}`, `{"did": event, "at_least": n,
            "within_days": d}`, `{"first_did": event, "within_days": d}`, `{"stopped_doing":
            event, "for_days": d}`, or several joined by `and`, `or`, `not`.
        description: What it is for, 1 to 400 characters; null for nothing.
    """

    name: str
    definition: dict[str, Any]
    description: str | None = None

    def __attrs_post_init__(self) -> None:
        self.draft()  # so that what is wrong is told with its place in the body

    def draft(self) -> CohortDraft:
        """What it comes to."""
        return cohort_draft(self.name, self.definition, self.description)


@frozen(slots=False, kw_only=True)
class CohortItem:
    """A saved cohort.

    Args:
        cohort_id: Names it for good.
        name: Its name.
        description: What it is for; null for nothing.
        definition: Who is a member, all defaults spelled out.
        version: Grows with every change of any cohort of yours; `If-Match: "v3"` names it.
        created_at: When it was saved first. [UTC]
        updated_at: When it was last changed. [UTC]
    """

    cohort_id: str
    name: str
    description: str | None
    definition: Mapping[str, Json]
    version: int
    created_at: datetime
    updated_at: datetime


@frozen(slots=False)
class CohortList:
    """All saved cohorts.

    Args:
        items: By name.
    """

    items: tuple[CohortItem, ...]


@frozen(slots=False, kw_only=True)
class CohortAnswer(QuestionAnswer, CohortItem):
    """A saved cohort in figures.

    Args:
        size: Members at the instant asked for. [users]
        sizes: Members at the beginning of each of the last intervals, oldest first.
        retention: Of the members at the instant: per interval who was active in it, and of
            them who was active again so many intervals later; null if it was not asked for.
    """

    size: int
    sizes: tuple[CohortSize, ...]
    retention: tuple[RetainedCohort, ...] | None


@frozen(slots=False)
class CohortUserList:
    """Members of a cohort.

    Args:
        user_ids: Who, by id.
        total: How many there are on all pages. [users]
        next_cursor: For the next page; null on the last.
        as_of: The ingestion position that all pages of the walk see.
        at: The instant of the membership, the same on all pages. [UTC]
    """

    user_ids: tuple[str, ...]
    total: int
    next_cursor: str | None
    as_of: int
    at: datetime


@frozen
class CohortParameters:
    """What is told of a cohort."""

    as_of: datetime | None = described(
        "The instant of the membership; now if left out. Only events before it count; "
        "attributes of users are those of now.",
        default=None,
        example="2025-12-15T00:00:00Z",
    )
    interval: Grain = described(
        "At the beginning of which intervals sizes are told: day, week, month or quarter.",
        default=Grain.WEEK,
    )
    intervals: int = described(
        "At how many intervals, the last ones before the instant.",
        default=12,
        minimum=0,
        maximum=60,
    )
    retention: Grain | None = described(
        "By which interval the retention of the members is told, over twelve of them.",
        default=None,
        example="week",
    )
    timezone: str = described("IANA name of the zone whose calendar it is.", default="UTC")
    week_start: WeekStart = described("The first day of a week.", default=WeekStart.MONDAY)
    explain: bool = described("Whether to say how it was answered.", default=False)


@frozen
class CohortUserParameters:
    """Which members, how many."""

    as_of: datetime | None = described(
        "The instant of the membership; now if left out.",
        default=None,
        example="2025-12-15T00:00:00Z",
    )
    limit: int = described("Length of the page.", default=100, minimum=1, maximum=1_000)
    cursor: str | None = described(
        "`next_cursor` of the page before.", default=None, max_length=2000
    )


class CohortController(Controller):
    """Your cohorts."""

    path = PATH
    tags = ("Questions",)

    @post(
        "/cohorts",
        operation_id="saveCohort",
        needs="cohorts:write",
        takes=CohortRequest,
        answer_headers=ETAG,
        may_fail=(409,),
    )
    async def save(self, request: Call) -> Response[CohortItem]:
        """Give a segment of users a name; up to 200 of them."""
        body = await request.payload(CohortRequest)
        saved = await request.cases.save_cohort(request.tenant, body.draft())
        return versioned(request, _item(saved), saved.version)

    @get("/cohorts", operation_id="listCohorts", needs="events:read")
    async def list_cohorts(self, request: Call) -> CohortList:
        """Every saved cohort, by name, in one answer."""
        found = await request.cases.list_cohorts(request.tenant)
        return CohortList(tuple(map(_item, found)))

    @get(
        _SINGLE,
        operation_id="getCohort",
        needs="events:read",
        asks=CohortParameters,
        cost_class=CostClass.HEAVY,
        room=QUESTIONS,
        also_makes=SHEETS,
        answer_headers={**ETAG, **SHEET_HEADERS},
    )
    async def show(self, request: Call, cohort_id: FromPath[str]) -> Response[CohortAnswer]:
        """A cohort: its definition, its size at an instant and before, who comes back.

        Only users with an event before an instant can be members at it; days are of 24 hours.
        """
        wish = _wish(request.parameters(CohortParameters))
        done = await request.cases.measure_cohort(request.tenant, CohortId(cohort_id), wish)
        answer, figures = done.answer, done.answer.figures
        told = CohortAnswer(
            **_fields(done.cohort),
            size=figures.size,
            sizes=figures.sizes,
            retention=figures.retention,
            rules=answer.rules,
            as_of=answer.as_of,
            complete_until=answer.complete_until,
            explain=answer.explanation if wish.explain else None,
        )
        response = given(request, done.question, answer, lambda: told)
        response.headers["etag"] = etag(done.cohort.version)
        return response

    @get(
        f"{_SINGLE}/users",
        operation_id="listCohortUsers",
        needs="events:read",
        asks=CohortUserParameters,
        cost_class=CostClass.HEAVY,
        room=QUESTIONS,
        also_makes=SHEETS,
        answer_headers=LINKED_HEADERS,
    )
    async def users(self, request: Call, cohort_id: FromPath[str]) -> Response[CohortUserList]:
        """The members of a cohort at an instant, by id, page by page.

        All pages of a walk see the same events and the same instant.
        """
        asked = request.parameters(CohortUserParameters)
        told = None if asked.as_of is None else asked.as_of.isoformat()
        sealed = ["cohort users", cohort_id, told]
        at, after, through = asked.as_of, None, None
        if asked.cursor is not None:
            instant, after, through = request.cursors.open(request.tenant, sealed, asked.cursor)
            at = datetime.fromisoformat(instant)
        done = await request.cases.list_cohort_members(
            request.tenant, CohortId(cohort_id), MemberPage(asked.limit, at, after, through)
        )
        found, position, following = done.answer.figures, done.answer.as_of, None
        if found.next is not None:
            place = [done.at.isoformat(), found.next, position]
            following = request.cursors.seal(request.tenant, sealed, place)
        page = CohortUserList(found.user_ids, found.total, following, position, done.at)
        return given(request, done.question, done.answer, lambda: page, following)

    @put(
        _SINGLE,
        operation_id="replaceCohort",
        needs="cohorts:write",
        takes=CohortRequest,
        answer_headers=ETAG,
        may_fail=(412,),
        request_headers=IF_MATCH,
    )
    async def replace(self, request: Call, cohort_id: FromPath[str]) -> Response[CohortItem]:
        """Say anew what a cohort is; saying the same again changes nothing."""
        expected = expected_version(request)
        body = await request.payload(CohortRequest)
        saved = await request.cases.replace_cohort(
            request.tenant, CohortId(cohort_id), body.draft(), expected
        )
        return versioned(request, _item(saved), saved.version)

    @delete(
        _SINGLE,
        operation_id="deleteCohort",
        needs="cohorts:write",
        may_fail=(412,),
        request_headers=IF_MATCH,
    )
    async def remove(self, request: Call, cohort_id: FromPath[str]) -> None:
        """Forget a cohort for good; its members and their events stay."""
        expected = expected_version(request)
        await request.cases.remove_cohort(request.tenant, CohortId(cohort_id), expected)


def _wish(asked: CohortParameters) -> CohortWish:
    return CohortWish(
        asked.as_of,
        asked.interval,
        asked.intervals,
        asked.retention,
        asked.timezone,
        asked.week_start,
        asked.explain,
    )


def _item(saved: SavedCohort) -> CohortItem:
    return CohortItem(**_fields(saved))


def _fields(saved: SavedCohort) -> dict[str, Any]:
    return {
        "cohort_id": saved.cohort_id,
        "name": saved.draft.name,
        "description": saved.draft.description,
        "definition": saved.draft.definition.told(),
        "version": saved.version,
        "created_at": saved.created_at,
        "updated_at": saved.updated_at,
    }
