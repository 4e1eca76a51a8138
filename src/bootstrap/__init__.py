"""The composition root: the only module that knows every adapter.

`production` opens the adapters of a deployment, `in_memory` makes those of a
test; `use_cases` wires the inside to either::

    async with production(settings) as adapters:
        principal = await use_cases(adapters).authenticate(credential)
"""

from ..adapters.market_api import serve_stand_in
from ..adapters.telemetry.logs import start_logging
from .adapters import Adapters, Deployment
from .cases import UseCases, use_cases
from .deployments import fill_with_samples, in_memory, production
from .jobs import job_runner

__all__ = [
    "Adapters",
    "Deployment",
    "UseCases",
    "fill_with_samples",
    "in_memory",
    "job_runner",
    "production",
    "serve_stand_in",
    "start_logging",
    "use_cases",
]
