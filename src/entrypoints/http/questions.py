"""What all answers to questions over events have in common."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import attrs
from attrs import frozen
from litestar import Response

from ...domain.attributes import Json
from ...domain.identifiers import TenantId
from ...domain.questions import Answer, Explanation, Posed, Question
from ...domain.tenancy import CostClass
from ..structuring import from_json
from .admission import QUESTIONS
from .inputs import Call, decoded
from .job_reports import JobReport, job_headers, reported
from .problems import CallerLeft
from .question_sheets import PAGE_HEADERS, SHEET_HEADERS, SHEETS, chosen_sheet, sheet_response

PATH = "/api/v2/analytics"

#: What routes of questions have in common.
QUESTION: Mapping[str, Any] = {
    "needs": "events:read",
    "cost_class": CostClass.HEAVY,
    "room": QUESTIONS,
    "status_code": 200,
    "audit": "read",
    "request_headers": {
        "Prefer": "`respond-async` has it answered by a job, whose result is the answer."
    },
    "answers": {202: JobReport},
    "also_makes": SHEETS,
    "answer_headers": SHEET_HEADERS,
}

#: What routes of lists behind a question have in common.
LIST: Mapping[str, Any] = {
    "needs": "events:read",
    "cost_class": CostClass.HEAVY,
    "room": QUESTIONS,
    "status_code": 200,
    "audit": "read",
    "also_makes": SHEETS,
    "answer_headers": PAGE_HEADERS,
}

LONGEST_REMEMBERED = 4 * 1024
"""Longest body whose question is remembered. [bytes]"""

MOST_REMEMBERED = 1_000
"""So many questions are remembered as they were read."""

A = TypeVar("A", bound="QuestionAnswer")
T = TypeVar("T")
R = TypeVar("R")


@frozen(slots=False, kw_only=True)
class QuestionAnswer:
    """An answer to a question over events: the figures, and what they depend on.

    Args:
        rules: Everything that the answer depends on, all defaults spelled out.
        as_of: The ingestion position up to which events were seen; asked again with the same
            position, the answer is the same.
        complete_until: The instant up to which no interval and no window is open any more.
            [UTC]
        explain: How it was answered, where that was asked for; else null.
    """

    rules: Mapping[str, Json]
    as_of: int
    complete_until: datetime
    explain: Explanation | None


def figures_first(
    _kind: type, fields: "list[attrs.Attribute[Any]]"
) -> "list[attrs.Attribute[Any]]":
    """The fields of an answer as they are read: what was asked for before what it depends on."""
    common = {one.name for one in attrs.fields(QuestionAnswer)}
    return sorted(fields, key=lambda one: one.name in common)


async def answered(call: Call, question: type[Question], kind: type[A]) -> Response[A]:
    """Answer a question of the caller's tenant; with `Prefer: respond-async` by a job.

    Args:
        call: The request.
        question: The class of what its body asks.
        kind: A class of answers, of the fields of the question's figures and those above.

    Raises:
        InvalidFields: With everything that is wrong with the body.
        QuestionTooCostly: If it is beyond what the tenant's plan allows.
        Unavailable: If a store does not answer in time.
    """
    posed = await read_once(call, question, Posed.of)
    if in_background(call):
        return await postponed(call)
    answer = await while_wanted(call, call.cases.ask_question.posed(call.tenant, posed))
    return given(call, posed.question, answer, lambda: told(posed.question, answer, kind))


async def read_once(call: Call, kind: type[T], make: Callable[[T], R]) -> R:
    """What is made of the body of a request; the same of a body that was sent before.

    Args:
        call: The request.
        kind: The class of the body.
        make: Makes always the same of the same body, and nothing that is changed.

    Raises:
        InvalidFields: With everything that is wrong with it.
    """
    body = await call.json_body()
    read = read_before if len(body) <= LONGEST_REMEMBERED else _read
    # A tenant's own: nobody is answered faster because somebody else asked the same.
    made: R = read(call.tenant, kind, make, body)  # type: ignore[arg-type]  # classes have hashes
    return made


def _read(_tenant: TenantId, kind: type[T], make: Callable[[T], R], body: bytes) -> R:
    return make(from_json(decoded(body), kind))


read_before = lru_cache(MOST_REMEMBERED)(_read)


def given(
    call: Call,
    question: Question,
    answer: Answer,
    make: Callable[[], R],
    cursor: str | None = None,
) -> Response[R]:
    """An answer as the caller prefers it: whole, or its rows alone.

    Args:
        call: The request.
        question: What was asked.
        answer: What came of it.
        make: Makes the whole answer.
        cursor: Its `next_cursor`; None on the last page, and where there are no pages.
    """
    media = chosen_sheet(call)
    if media is None:
        return Response(make())
    sheet, seen = question.sheet(answer.figures), (answer.as_of, answer.complete_until)
    return sheet_response(call, media, sheet, seen, cursor)


async def postponed(call: Call) -> Response[Any]:
    """Have a question answered by a job, and tell which.

    Args:
        call: The request; its body was found to be in order.
    """
    operation = str(call.route_handler.operation_id)
    body = decoded(await call.json_body())
    job = await call.cases.request_answer(call.tenant, operation, body)
    headers = {**job_headers(job), "preference-applied": "respond-async"}
    return Response(reported(job), status_code=202, headers=headers)


async def while_wanted(call: Call, asking: Coroutine[Any, Any, T]) -> T:
    """What comes of some work, which ends when whoever asked for it leaves.

    Raises:
        CallerLeft: If they did; nobody is there to be told.
    """
    work = asyncio.ensure_future(asking)
    waiting: set[asyncio.Future[Any]] = {work}
    try:
        await asyncio.sleep(0)
        if not work.done():  # what is known is there by now, and nobody is waited for
            waiting.add(asyncio.ensure_future(_departure(call)))
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise CallerLeft("the caller left before the answer was there")
        return work.result()
    finally:
        for one in waiting:
            one.cancel()


async def _departure(call: Call) -> None:
    while (await call.receive())["type"] != "http.disconnect":
        pass


def in_background(call: Call) -> bool:
    """Whether a request's Prefer field asks for an answer later (RFC 7240, 4.1)."""
    prefer = call.header(b"prefer")
    preferences = (part.split(";")[0].strip().lower() for part in prefer.split(","))
    return "respond-async" in preferences


def told(
    question: Question, answer: Answer, kind: type[A], more: Mapping[str, Any] | None = None
) -> A:
    """An answer as it is given out.

    Args:
        question: What was asked.
        answer: What came of it.
        kind: A class of answers, of the fields of the question's figures and those above.
        more: Its further fields, and those that are given out otherwise than they are kept.
    """
    figures = answer.figures
    fields: dict[str, Any] = {
        one.name: getattr(figures, one.name) for one in attrs.fields(type(figures))
    }
    return kind(
        **{**fields, **(more or {})},
        rules=answer.rules,
        as_of=answer.as_of,
        complete_until=answer.complete_until,
        explain=answer.explanation if question.explain else None,
    )
