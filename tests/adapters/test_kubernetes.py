"""What the API server of a cluster is asked, and what its refusals come to."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sightline.adapters.kubernetes import KubernetesPlatform, PoolKind
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import SCALES, ScaleTier

ACME, MEDIUM = TenantId("acme"), SCALES[ScaleTier.MEDIUM]


@asynccontextmanager
async def cluster(
    answer: Callable[[httpx.Request], httpx.Response],
    kind: PoolKind = PoolKind.AUTOSCALER,
    token_file: Path | None = None,
) -> AsyncIterator[KubernetesPlatform]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        yield KubernetesPlatform(client, "https://cluster/", "pools", kind, token_file)


class Server:
    """Takes every patch and remembers it."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200, json={})


async def test_an_autoscaler_gets_its_bounds_and_the_share_of_caches() -> None:
    server = Server()
    async with cluster(server) as platform:
        await platform.scale(ACME, MEDIUM)
    (request,) = server.asked
    assert (request.method, str(request.url)) == (
        "PATCH",
        (
            "https://cluster/apis/autoscaling/v2/namespaces/pools/horizontalpodautoscalers/"
            "sightline-acme"
        ),
    )
    assert request.headers["content-type"] == "application/merge-patch+json"
    assert "authorization" not in request.headers
    assert json.loads(request.content) == {
        "metadata": {"annotations": {"sightline/cache-share-percent": "15"}},
        "spec": {"minReplicas": 2, "maxReplicas": 6},
    }


async def test_a_deployment_gets_its_replicas_by_the_scale_sub_resource() -> None:
    server = Server()
    async with cluster(server, PoolKind.DEPLOYMENT) as platform:
        await platform.scale(TenantId("rival_2"), MEDIUM)
    (request,) = server.asked
    assert request.url.path == (
        "/apis/apps/v1/namespaces/pools/deployments/sightline-rival.2/scale"
    )
    assert json.loads(request.content) == {"spec": {"replicas": 2}}


async def test_the_token_is_read_anew_each_time(tmp_path: Path) -> None:
    server, file = Server(), tmp_path / "token"
    async with cluster(server, token_file=file) as platform:
        for token in ("first", "second"):
            file.write_text(f"{token}\n", encoding="ascii")
            await platform.scale(ACME, MEDIUM)
        file.unlink()
        with pytest.raises(Unavailable):
            await platform.scale(ACME, MEDIUM)
    sent = [request.headers["authorization"] for request in server.asked]
    assert sent == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("status", [301, 401, 403, 404, 409, 422, 500])
async def test_a_refusal_is_a_platform_that_cannot_be_had_now(status: int) -> None:
    async with cluster(lambda _: httpx.Response(status, text="secrets")) as platform:
        with pytest.raises(Unavailable, match=f"status {status}") as caught:
            await platform.scale(ACME, MEDIUM)
    assert "secrets" not in str(caught.value)


async def test_a_cluster_that_is_not_there_is_said_so() -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        message = "no route"
        raise httpx.ConnectError(message, request=request)

    async with cluster(unreachable) as platform:
        with pytest.raises(Unavailable, match="does not answer"):
            await platform.scale(ACME, MEDIUM)
