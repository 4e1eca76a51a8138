"""Administration: tenants, their limits, their tiers, their ends."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from attrs import frozen
from litestar import Controller, Response, get, patch, post, put
from litestar.params import FromPath

from ...domain.errors import InvalidInput, TenantNotFound
from ...domain.identifiers import TenantId
from ...domain.tenancy import (
    LARGEST_TENANT_PAGE,
    AgreedLimits,
    CostClass,
    PlanName,
    ScaleTier,
    Tenant,
    TenantQuery,
    TenantStatus,
    check_tenant_id,
)
from .audit import concerns
from .conditional import expected_version, versioned
from .inputs import Call, described
from .tenant_answers import (
    ScaleReport,
    TenantLimits,
    TenantList,
    TenantReport,
    scale_report,
    tenant_limits,
    tenant_report,
)

IF_MATCH = {"If-Match": 'Change only this version: the ETag of the last answer, such as "v3".'}
ETAG = {"ETag": "The version, to be sent back as If-Match or If-None-Match."}
_PATH = "/api/v2/admin/tenants"


@frozen
class TenantRequest:
    """A tenant that is to be set up."""

    id: str = described("a-z, 0-9, - and _; never changes.", example="acme", max_length=63)
    name: str = described("What people call it.", example="Acme Real Estate", max_length=100)
    plan: PlanName | None = described(
        "Its plan; the deployment's usual one if left out.", default=None
    )


@frozen
class TenantChanges:
    """New values; what is null or left out stays."""

    name: str | None = described("What people call it.", default=None, max_length=100)
    plan: PlanName | None = described("Its plan, which holds within a second.", default=None)


@frozen
class TenantListParameters:
    """Which tenants, how many."""

    status: TenantStatus | None = described("Only those that stand here.", default=None)
    plan: PlanName | None = described("Only those of this plan.", default=None)
    limit: int = described(
        "Length of the page.", default=50, minimum=1, maximum=LARGEST_TENANT_PAGE
    )
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same filters.", default=None, max_length=2000
    )


@frozen
class ScaleRequest:
    """How much a tenant is declared to need."""

    tier: ScaleTier = described("The tier.", example="medium")
    dry_run: bool = described("Only tell what it would do.", default=False)


class TenantController(Controller):
    """Every tenant of the deployment."""

    path = _PATH
    tags = ("Administration",)

    @post(
        "/",
        operation_id="createTenant",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        takes=TenantRequest,
        may_fail=(409,),
        answer_headers={"Location": "The tenant's address.", **ETAG},
    )
    async def add(self, request: Call) -> Response[TenantReport]:
        """Set a tenant up, without any data and without a key.

        Make its first key with `sightline keys create`.
        """
        asked = await request.payload(TenantRequest)
        made = await request.cases.create_tenant(TenantId(asked.id), asked.name, asked.plan)
        concerns(request.scope, made.id)
        return versioned(request, tenant_report(made), made.version, location=f"{_PATH}/{made.id}")

    @get(
        "/",
        operation_id="listTenants",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        asks=TenantListParameters,
    )
    async def list_tenants(self, request: Call) -> TenantList:
        """List tenants by id, page by page."""
        asked = request.parameters(TenantListParameters)
        question = ["tenants", asked.status, asked.plan]
        after = None
        if asked.cursor is not None:
            after = TenantId(request.cursors.open(request.tenant, question, asked.cursor))
        query = TenantQuery(asked.status, asked.plan, asked.limit, after)
        found = await request.cases.list_tenants(query)
        following = None
        if found.next is not None:
            following = request.cursors.seal(request.tenant, question, found.next)
        return TenantList(tuple(map(tenant_report, found.items)), following)

    @get(
        "/{tenant_id:str}",
        operation_id="getTenant",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        answer_headers=ETAG,
        cacheable=True,
    )
    async def show(self, request: Call, tenant_id: FromPath[str]) -> Response[TenantReport]:
        """One tenant."""
        return _told(request, await found(request, tenant_id))

    @patch(
        "/{tenant_id:str}",
        operation_id="updateTenant",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        takes=TenantChanges,
        may_fail=(409, 412),
        request_headers=IF_MATCH,
        answer_headers=ETAG,
    )
    async def change(self, request: Call, tenant_id: FromPath[str]) -> Response[TenantReport]:
        """Give a tenant another name or plan."""
        asked = await request.payload(TenantChanges)
        tenant = await found(request, tenant_id)
        changed = await request.cases.change_tenant.describe(
            tenant.id, asked.name, asked.plan, expected_version(request)
        )
        return _told(request, changed)

    @post(
        "/{tenant_id:str}/suspend",
        operation_id="suspendTenant",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        status_code=200,
        may_fail=(409, 412),
        request_headers=IF_MATCH,
        answer_headers=ETAG,
    )
    async def suspend(self, request: Call, tenant_id: FromPath[str]) -> Response[TenantReport]:
        """Lock a tenant out for now.

        Within a second its keys and tokens get 403 `/problems/tenant-suspended`, and no job of it
        is begun; one under way ends. Nothing is lost. Suspending again is harmless.
        """
        tenant = await found(request, tenant_id)
        version = expected_version(request)
        return _told(request, await request.cases.change_tenant.suspend(tenant.id, version))

    @post(
        "/{tenant_id:str}/resume",
        operation_id="resumeTenant",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        status_code=200,
        may_fail=(409, 412),
        request_headers=IF_MATCH,
        answer_headers=ETAG,
    )
    async def resume(self, request: Call, tenant_id: FromPath[str]) -> Response[TenantReport]:
        """Let a suspended tenant in again, with its keys, tokens and jobs."""
        tenant = await found(request, tenant_id)
        version = expected_version(request)
        return _told(request, await request.cases.change_tenant.resume(tenant.id, version))

    @post(
        "/{tenant_id:str}/close",
        operation_id="closeTenant",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        status_code=200,
        may_fail=(409, 412),
        request_headers=IF_MATCH,
        answer_headers=ETAG,
    )
    async def close(self, request: Call, tenant_id: FromPath[str]) -> Response[TenantReport]:
        """Lock a tenant out for good, and revoke every key of it.

        Its data, usage and audit log stay; its id is never given out again.
        """
        tenant = await found(request, tenant_id)
        return _told(
            request, await request.cases.close_tenant(tenant.id, expected_version(request))
        )

    @get(
        "/{tenant_id:str}/limits",
        operation_id="getTenantLimits",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        answer_headers=ETAG,
        cacheable=True,
    )
    async def limits(self, request: Call, tenant_id: FromPath[str]) -> Response[TenantLimits]:
        """What a tenant may spend, and where each limit comes from."""
        tenant = await found(request, tenant_id)
        return versioned(request, tenant_limits(tenant), tenant.version)

    @put(
        "/{tenant_id:str}/limits",
        operation_id="replaceTenantLimits",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        takes=AgreedLimits,
        may_fail=(409, 412),
        request_headers=IF_MATCH,
        answer_headers=ETAG,
    )
    async def replace_limits(
        self, request: Call, tenant_id: FromPath[str]
    ) -> Response[TenantLimits]:
        """Put limits in place of a tenant's plan's; what is null or left out is the plan's.

        What is agreed counts to the letter: a tier does not multiply it. It holds within a second
        in every process.
        """
        agreed = await request.payload(AgreedLimits)
        tenant = await found(request, tenant_id)
        changed = await request.cases.change_tenant.limit(
            tenant.id, agreed, expected_version(request)
        )
        return versioned(request, tenant_limits(changed), changed.version)

    @post(
        "/{tenant_id:str}/scale",
        operation_id="scaleTenant",
        needs="tenants:admin",
        cost_class=CostClass.ADMIN,
        status_code=200,
        takes=ScaleRequest,
        may_fail=(409, 412),
        request_headers=IF_MATCH,
        answer_headers=ETAG,
    )
    async def scale(self, request: Call, tenant_id: FromPath[str]) -> Response[ScaleReport]:
        """Declare how much a tenant needs: its pool, weight, share of caches and quota.

        The platform is told first; if it fails, the answer is 503 and the record stays as it was.
        `dry_run` tells what would change and changes nothing.
        """
        asked = await request.payload(ScaleRequest)
        tenant = await found(request, tenant_id)
        before, after = await request.cases.scale_tenant(
            tenant.id, asked.tier, expected_version(request), dry_run=asked.dry_run
        )
        told = scale_report(before, after, dry_run=asked.dry_run)
        return versioned(request, told, told.version)


async def found(request: Call, text: str) -> Tenant:
    """The tenant of an address, which will find this request in its audit log as well.

    Raises:
        TenantNotFound: If there is none.
    """
    try:
        check_tenant_id(text)
    except InvalidInput:
        raise TenantNotFound(text) from None
    tenant = await request.cases.get_tenant(TenantId(text))
    concerns(request.scope, tenant.id)
    return tenant


def _told(request: Call, tenant: Tenant) -> Response[TenantReport]:
    return versioned(request, tenant_report(tenant), tenant.version)
