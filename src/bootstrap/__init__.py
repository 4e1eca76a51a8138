"""The composition root: the only module that knows every adapter.

`production` opens the adapters of a deployment, `in_memory` makes those of a
test; `use_cases` wires the inside to either::

    async with production(settings) as adapters:
        principal = await use_cases(adapters).authenticate(credential)
"""

from ..adapters.market_api import serve_stand_in
from ..adapters.telemetry.logs import start_logging
from ..adapters.threads import computing_threads
from .adapters import Adapters, Deployment
from .backups import back_up, restore
from .cases import UseCases, use_cases
from .deployments import in_memory, production
from .jobs import job_runner
from .samples import fill_sample_organizations, fill_with_samples

__all__ = [
    "Adapters",
    "Deployment",
    "UseCases",
    "back_up",
    "computing_threads",
    "fill_sample_organizations",
    "fill_with_samples",
    "in_memory",
    "job_runner",
    "production",
    "restore",
    "serve_stand_in",
    "start_logging",
    "use_cases",
]
