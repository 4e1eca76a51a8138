"""Kubernetes as the platform: each tenant's pool is an autoscaler or a deployment of its own."""

from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

from ..domain.errors import Unavailable
from ..domain.identifiers import TenantId
from ..domain.tenancy import Scale

#: Longest wait for the API server. [s]
DEADLINE_SECONDS = 5.0
_MERGE = "application/merge-patch+json"


class PoolKind(StrEnum):
    """What a tenant's pool is."""

    AUTOSCALER = "autoscaler"
    DEPLOYMENT = "deployment"


@frozen
class KubernetesPlatform:
    """Patches what is called ``sightline-`` and the tenant's id, a dot for each underscore.

    An autoscaler (`autoscaling/v2`) gets both bounds, and the share of caches
    as an annotation; a deployment gets the lower bound by its `scale`
    sub-resource. Neither is made here: a pool that is missing is a refusal.

    Args:
        client: Talks HTTP; its certificates are those that the cluster is known by.
        url: Root of the API server.
        namespace: Where the pools are.
        kind: What they are.
        token_file: Holds a bearer token, read anew each time because clusters rotate it;
            None for a proxy that needs none.
    """

    client: httpx.AsyncClient
    url: str
    namespace: str
    kind: PoolKind
    token_file: Path | None = None

    async def scale(self, tenant: TenantId, scale: Scale) -> None:
        path, body = self._patch(f"sightline-{tenant.replace('_', '.')}", scale)
        try:
            answer = await self.client.patch(
                f"{self.url.rstrip('/')}{path}",
                json=body,
                headers={"content-type": _MERGE, **self._credentials()},
                timeout=DEADLINE_SECONDS,
            )
        except (httpx.HTTPError, OSError) as error:
            raise Unavailable("the platform does not answer") from error
        if not answer.is_success:
            message = f"the platform refused to scale tenant {tenant}: status {answer.status_code}"
            raise Unavailable(message)

    def _patch(self, name: str, scale: Scale) -> tuple[str, dict[str, Any]]:
        if self.kind is PoolKind.DEPLOYMENT:
            path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}/scale"
            return path, {"spec": {"replicas": scale.fewest_replicas}}
        group = f"/apis/autoscaling/v2/namespaces/{self.namespace}"
        bounds = {"minReplicas": scale.fewest_replicas, "maxReplicas": scale.most_replicas}
        share = {"sightline/cache-share-percent": str(scale.cache_share_percent)}
        body = {"metadata": {"annotations": share}, "spec": bounds}
        return f"{group}/horizontalpodautoscalers/{name}", body

    def _credentials(self) -> dict[str, str]:
        if self.token_file is None:
            return {}
        return {"authorization": f"Bearer {self.token_file.read_text(encoding='ascii').strip()}"}
