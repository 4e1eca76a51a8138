"""The numbers of a tenant's health score: read, change, look back."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

import re
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from attrs import frozen
from litestar import Controller, Response, get, put
from litestar.params import FromPath

from ...domain.errors import HealthModelNotFound
from ...domain.measures import Metric
from ...domain.portfolio.health_calibration import Proposal
from ...domain.portfolio.health_model import (
    MODEL_NAME,
    Averaging,
    HealthModel,
    MetricRule,
)
from ...domain.portfolio.health_thresholds import Thresholds
from ...ports.health_models import BUILT_IN, KeptHealthModel
from .conditional import expected_version, versioned
from .inputs import Call, described
from .properties import ETAG, IF_MATCH

#: No longer than what every store can look up.
_VERSION = re.compile(r"0|[1-9]\d{0,15}", re.ASCII)
_PLAIN = BUILT_IN.model


@frozen
class HealthModelChange:
    """What your health scores are to be made by."""

    metrics: Mapping[str, MetricRule] = described(
        "The rule of each metric that is to be scored, by its key; the weights sum to 1."
    )
    averaging: Averaging = described("How sub-scores become one.", default=_PLAIN.averaging)
    correlation: float = described(
        "Of sub-scores with one another: how far a missing metric is taken to be like the others "
        "(1) or like the market (0).",
        default=_PLAIN.correlation,
        unit="0..1",
    )
    coverage_limit: float = described(
        "Weight that must be known for a score; over 0.",
        default=_PLAIN.coverage_limit,
        unit="0..1",
    )
    momentum_share: float = described(
        "Share of momentum where there is history.", default=_PLAIN.momentum_share, unit="0..1"
    )
    thresholds: Thresholds = described(
        "Where grades begin, who is to be looked at and what stands out; no score moves with them.",
        default=_PLAIN.thresholds,
    )

    def model(self) -> HealthModel:
        """The model that is wanted.

        Raises:
            InvalidFields: If it breaks rules; it lists every one.
        """
        # Any key, so that the model tells of unknown ones together with all else.
        metrics = cast("Mapping[Metric, MetricRule]", self.metrics)
        return HealthModel(
            metrics,
            self.averaging,
            self.correlation,
            self.coverage_limit,
            self.momentum_share,
            self.thresholds,
        )


@frozen(slots=False)
class HealthModelReport:
    """Every number that your health scores are made by.

    Args:
        model: Name of the formulas.
        version: Scores name it as `model_version`; 0 is the built-in model.
        set_at: When you set it; null for the built-in model. [UTC]
        metrics: The rules by metric; a metric that is left out is not scored.
        averaging: How sub-scores become one.
        correlation: Of sub-scores with one another; how far a missing metric is
            taken to be like the others (1) or like the market (0). [0..1]
        coverage_limit: Weight that must be known for a score. [0..1]
        momentum_share: Share of momentum where there is history. [0..1]
        thresholds: Where grades begin, who is to be looked at and what stands out.
    """

    model: str
    version: int
    set_at: datetime | None
    metrics: Mapping[Metric, MetricRule]
    averaging: Averaging
    correlation: float
    coverage_limit: float
    momentum_share: float
    thresholds: Thresholds


@frozen(slots=False)
class HealthModelVersion:
    """One version of your health model.

    Args:
        version: Scores name it as `model_version`; 0 is the built-in model.
        set_at: When you set it; null for the built-in model. [UTC]
        current: Whether scores are made by it now.
    """

    version: int
    set_at: datetime | None
    current: bool


@frozen(slots=False)
class HealthModelVersions:
    """Every version of your health model.

    Args:
        items: Newest first; the built-in one is the last.
    """

    items: tuple[HealthModelVersion, ...]


class HealthModelController(Controller):
    """Your health models."""

    path = "/api/v1/health-models"
    tags = ("Health models",)

    @get("/", operation_id="listHealthModels", needs="properties:read")
    async def list_models(self, request: Call) -> HealthModelVersions:
        """Every version that your health model ever had, in one answer."""
        found = await request.cases.list_health_models(request.tenant)
        return HealthModelVersions(
            tuple(
                HealthModelVersion(kept.model.version, kept.set_at, kept is found[0])
                for kept in found
            )
        )

    @get(
        "/current",
        operation_id="getCurrentHealthModel",
        needs="properties:read",
        cacheable=True,
        answer_headers=ETAG,
    )
    async def current(self, request: Call) -> Response[HealthModelReport]:
        """The numbers that your health scores are made by now."""
        return _answer(request, await request.cases.show_health_model(request.tenant))

    @get("/proposal", operation_id="proposeHealthModel", needs="properties:read")
    async def propose(self, request: Call) -> Proposal:
        """What your own portfolio says of the typical deviations; nothing is changed.

        Between the judgement of the built-in model, which counts for twenty properties, and the
        spread of your properties round their markets.
        """
        return await request.cases.propose_health_model(request.tenant)

    @get(
        "/{version:str}",
        operation_id="getHealthModel",
        needs="properties:read",
        cacheable=True,
        answer_headers=ETAG,
    )
    async def show(self, request: Call, version: FromPath[str]) -> Response[HealthModelReport]:
        """The numbers of one version: those behind a score that names it.

        A version that you set never changes. Version 0 is the built-in model, the same for
        everybody.
        """
        found = await request.cases.show_health_model_version(request.tenant, _known(version))
        return _answer(request, found)

    @put(
        "/current",
        operation_id="replaceHealthModel",
        needs="properties:write",
        takes=HealthModelChange,
        may_fail=(412,),
        request_headers=IF_MATCH,
        answer_headers=ETAG,
    )
    async def replace(self, request: Call) -> Response[HealthModelReport]:
        """Say what your health scores are to be made by.

        The whole model is given: what is left out is as in the built-in one, but for the
        metrics, which must be given. Everything wrong with it is reported at once, and then
        nothing changes. It becomes a version of its own; earlier ones stay readable.
        """
        expected = expected_version(request)
        wanted = await request.payload(HealthModelChange)
        kept = await request.cases.set_health_model(request.tenant, wanted.model(), expected)
        return _answer(request, kept)


def _answer(call: Call, kept: KeptHealthModel) -> Response[HealthModelReport]:
    # Not the model itself: the encoder would also write what a used model has worked out.
    model = kept.model
    report = HealthModelReport(
        MODEL_NAME,
        model.version,
        kept.set_at,
        dict(model.metrics),
        model.averaging,
        model.correlation,
        model.coverage_limit,
        model.momentum_share,
        model.thresholds,
    )
    return versioned(call, report, model.version)


def _known(text: str) -> int:
    if not _VERSION.fullmatch(text):
        raise HealthModelNotFound(text)
    return int(text)
