from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sightline.adapters.sql.database import Database
from sightline.domain.errors import Unavailable

from ...contracts.stores import postgres_database, sqlite_database

Make = Callable[[], AbstractAsyncContextManager[Database]]


@pytest.mark.parametrize("make", [sqlite_database, postgres_database])
@pytest.mark.parametrize("reading", [True, False])
async def test_an_error_does_not_repeat_what_was_to_be_kept(make: Make, reading: bool) -> None:
    async with make() as database:
        scope = database.reading() if reading else database.writing()
        statement = text("SELECT :secret FROM no_such_table")
        with pytest.raises((DBAPIError, Unavailable)) as caught:
            async with scope as connection:
                await connection.execute(statement, {"secret": "hunter2"})
    error = caught.value
    cause = error if isinstance(error, DBAPIError) else error.__cause__
    assert isinstance(cause, DBAPIError)
    assert "no_such_table" in str(cause)
    assert "hunter2" not in str(cause) + str(error)
