"""The questions of `sql/queries.sql`, answered by plain loops: slow and obviously right."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta

from .engines import Row
from .rows import Event, Rows, days


def top_organizations(rows: Rows, org_id: str, first_day: date, last_day: date) -> list[Row]:
    counts = Counter(event.org_id for event in _within(rows.events, first_day, last_day))
    known = [
        (org_id, name, plan, counts[org_id])
        for org_id, name, plan, _ in rows.organizations
        if counts[org_id]
    ]
    return list(sorted(known, key=lambda row: (-row[3], row[0].encode()))[:5])


def daily_active_users(rows: Rows, org_id: str, first_day: date, last_day: date) -> list[Row]:
    active = defaultdict(set)
    for event in rows.events:
        active[event.org_id, event.day].add(event.user_id)
    return [
        (organization, day.isoformat(), len(active[organization, day]))
        for organization in sorted((one[0] for one in rows.organizations), key=str.encode)
        for day in days(first_day, last_day)
    ]


def events_per_day_and_type(rows: Rows, org_id: str, first_day: date, last_day: date) -> list[Row]:
    counts = Counter(
        (event.day.isoformat(), event.event_type)
        for event in _within(_of(rows, org_id), first_day, last_day)
    )
    return [(day, event_type, counts[day, event_type]) for day, event_type in sorted(counts)]


def new_users_by_week(rows: Rows, org_id: str, first_day: date, last_day: date) -> list[Row]:
    first_seen: dict[str, date] = {}
    for event in _of(rows, org_id):
        first_seen[event.user_id] = min(event.day, first_seen.get(event.user_id, event.day))
    new = Counter(_monday(day) for day in first_seen.values() if first_day <= day <= last_day)
    return [(week.isoformat(), new[week]) for week in _weeks(first_day, last_day)]


def weekly_retention(rows: Rows, org_id: str, first_day: date, last_day: date) -> list[Row]:
    cohort: dict[str, date] = {}
    active = defaultdict(set)
    for event in sorted(_within(_of(rows, org_id), first_day, last_day), key=lambda one: one.day):
        active[event.user_id].add(_monday(event.day))
        if event.event_type == "signup":
            cohort.setdefault(event.user_id, _monday(event.day))
    weeks = _weeks(first_day, last_day)
    return [
        (
            began.isoformat(),
            place,
            sum(later in active[user] for user, week in cohort.items() if week == began),
        )
        for number, began in enumerate(weeks)
        for place, later in enumerate(weeks[number:])
    ]


def three_step_funnel(rows: Rows, org_id: str, first_day: date, last_day: date) -> list[Row]:
    reached: dict[str, int] = {}
    since: dict[str, datetime] = {}
    steps = ("visit", "signup", "activate")
    events = _within(_of(rows, org_id), first_day, last_day)
    for event in sorted(events, key=lambda one: (one.event_time, _place(steps, one))):
        step = reached.get(event.user_id, 0)
        if step < len(steps) and event.event_type == steps[step]:
            reached[event.user_id] = step + 1
            since[event.user_id] = event.event_time
    return [
        (number, step, sum(far >= number for far in reached.values()))
        for number, step in enumerate(steps, 1)
    ]


ANSWERS: Mapping[str, Callable[[Rows, str, date, date], list[Row]]] = {
    answer.__name__: answer
    for answer in (
        top_organizations,
        daily_active_users,
        events_per_day_and_type,
        new_users_by_week,
        weekly_retention,
        three_step_funnel,
    )
}


def _place(steps: tuple[str, ...], event: Event) -> int:
    return steps.index(event.event_type) if event.event_type in steps else len(steps)


def _of(rows: Rows, org_id: str) -> Iterable[Event]:
    return (event for event in rows.events if event.org_id == org_id)


def _within(events: Iterable[Event], first_day: date, last_day: date) -> Iterable[Event]:
    return (event for event in events if first_day <= event.day <= last_day)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weeks(first_day: date, last_day: date) -> list[date]:
    return sorted({_monday(day) for day in days(first_day, last_day)})
