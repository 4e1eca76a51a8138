"""Cohorts that a tenant gave a name."""

from datetime import datetime

from attrs import evolve, frozen

from ...attributes import Json
from ...errors import CohortNotFound, Flaw, InvalidFields, VersionMismatch
from ...events.event import text_flaws
from ...identifiers import CohortId
from .definition import CohortDefinition
from .reading import cohort_definition

MOST_COHORTS = 200
"""Most cohorts that a tenant saves."""


@frozen
class CohortDraft:
    """What a tenant says of a cohort.

    Args:
        name: 1 to 100 printable characters; two cohorts may have the same.
        definition: Who is a member.
        description: What it is for, 1 to 400 characters; null for nothing.

    Raises:
        InvalidFields: If a text breaks a rule.
    """

    name: str
    definition: CohortDefinition
    description: str | None = None

    def __attrs_post_init__(self) -> None:
        if flaws := _text_flaws(self.name, self.description):
            raise InvalidFields(flaws)


def cohort_draft(name: str, definition: Json, description: str | None) -> CohortDraft:
    """What a tenant says of a cohort, the definition in its wire form.

    Raises:
        InvalidFields: With everything that is wrong with all of it.
    """
    flaws = _text_flaws(name, description)
    try:
        made = cohort_definition(definition)
    except InvalidFields as error:
        raise InvalidFields((*flaws, *error.flaws)) from None
    return CohortDraft(name, made, description)


@frozen
class SavedCohort:
    """A cohort with a name.

    Args:
        cohort_id: Names it for good.
        draft: What was said of it.
        version: Grows with every change of any cohort of the tenant.
        created_at: When it was saved first. [UTC]
        updated_at: When it was last changed. [UTC]
    """

    cohort_id: CohortId
    draft: CohortDraft
    version: int
    created_at: datetime
    updated_at: datetime


def kept_cohort(
    present: SavedCohort | None, cohort_id: CohortId, expected: int | None
) -> SavedCohort:
    """The cohort that a change is meant for.

    Args:
        present: The one that there is, if any.
        cohort_id: Its id.
        expected: The version that it must have; None for whichever.

    Raises:
        CohortNotFound: If there is none.
        VersionMismatch: If it has another version than the expected one.
    """
    if present is None:
        raise CohortNotFound(cohort_id)
    if expected not in {None, present.version}:
        raise VersionMismatch(expected or 0, present.version)
    return present


def changed_cohort(
    present: SavedCohort, draft: CohortDraft, version: int, now: datetime
) -> SavedCohort:
    """The cohort after it was described anew; the present one if that changes nothing.

    Args:
        present: What it was.
        draft: What is said of it.
        version: What a changed one gets.
        now: When it happens. [UTC]
    """
    if repr(draft) == repr(present.draft):  # 1 and true are equal and mean different events
        return present
    return evolve(present, draft=draft, version=version, updated_at=now)


def _text_flaws(name: str, description: str | None) -> list[Flaw]:
    flaws = text_flaws("name", name, 100)
    return flaws if description is None else flaws + text_flaws("description", description, 400)
