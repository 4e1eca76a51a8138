import os

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "fast", max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
#: The gate looks at the same examples every time: a tree that passed once passes again.
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True)
#: Looks further, at other examples every time (`make explore`); says how to see a failure again.
settings.register_profile("explore", max_examples=200, deadline=None, print_blob=True)
#: Says that something is wrong at once, instead of looking for the smallest example of it.
settings.register_profile(
    "quick", settings.get_profile("fast"), phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

#: Where nobody starts logging: structlog's own draws every local variable, for half a minute.
structlog.configure(
    [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
