"""What stands in a row is read as it stands, or not at all."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from sightline.adapters.sql.health_models import SqlHealthModelRepository, health_model
from sightline.domain.identifiers import TenantId
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_thresholds import Thresholds

from ...contracts.stores import sqlite_database

ACME = TenantId("acme")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)

BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a number that is a text": lambda content: content.update(correlation="0.3"),
    "a name that is not known": lambda content: content.update(colour="red"),
    "a name that is missing": lambda content: content.pop("momentum_share"),
    "a band that is missing": lambda content: content["metrics"]["renewal_rate"].pop("target_band"),
    "a limit that is missing": lambda content: content["thresholds"].pop("watch_below"),
    "a bound that is missing": lambda content: content["thresholds"]["grades"].pop("d"),
    "a bound that is broken": lambda content: content["thresholds"]["grades"].update(d=41.0),
    "a rule that is broken": lambda content: content["metrics"].pop("renewal_rate"),
}


@pytest.mark.parametrize("break_it", BROKEN.values(), ids=BROKEN)
async def test_a_row_that_was_tampered_with_is_not_read(
    break_it: Callable[[dict[str, Any]], Any],
) -> None:
    async with sqlite_database() as database:
        models = SqlHealthModelRepository(database)
        kept = await models.put(ACME, HealthModel(), None, NOON)
        async with database.writing() as connection:
            content = json.loads(
                (await connection.execute(select(health_model.c.content))).scalar_one()
            )
            break_it(content)
            await connection.execute(update(health_model).values(content=json.dumps(content)))
        with pytest.raises(msgspec.ValidationError):
            await models.at(ACME, kept.model.version)
        with pytest.raises(msgspec.ValidationError):
            await models.current(ACME)


async def test_a_model_from_before_thresholds_has_the_built_in_ones() -> None:
    async with sqlite_database() as database:
        models = SqlHealthModelRepository(database)
        kept = await models.put(ACME, HealthModel(correlation=0.5), None, NOON)
        async with database.writing() as connection:
            content = json.loads(
                (await connection.execute(select(health_model.c.content))).scalar_one()
            )
            del content["thresholds"]
            await connection.execute(update(health_model).values(content=json.dumps(content)))
        assert await models.current(ACME) == kept
        assert await models.at(ACME, kept.model.version) == kept
        assert kept.model.thresholds == Thresholds()
