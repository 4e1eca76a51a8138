import os

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "fast", max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", max_examples=50, deadline=None, print_blob=True)
#: Says that something is wrong at once, instead of looking for the smallest example of it.
settings.register_profile(
    "quick", settings.get_profile("fast"), phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
