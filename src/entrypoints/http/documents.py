"""The API described: OpenAPI, its two readers, and every kind of problem. No internet needed."""

import asyncio
import gzip
from functools import cache
from importlib import resources

from attrs import frozen
from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from ...domain.errors import NotFound
from .inputs import Call
from .problems import ProblemKind, kinds

#: The readers build styles at run time and draw icons from data addresses; they may reach
#: nothing else. Redoc 3 would report every page view to its maker, so it is Redoc 2 here.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MEDIA_TYPES = {"js": "text/javascript", "css": "text/css", "txt": "text/plain"}
_SCRIPTS = frozenset({"docs.js", "redoc.js", "LICENSES.txt"})
_PACKED = frozenset({"swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js"})


@frozen(slots=False)
class ProblemKinds:
    """Every kind of problem.

    Args:
        items: By address.
    """

    items: tuple[ProblemKind, ...]


class DocumentsController(Controller):
    """Documents that anybody may read."""

    tags = ("Documents",)

    @get("/", operation_id="getRoot", public=True, hidden=True)
    async def root(self) -> Redirect:
        """The documents."""
        return Redirect("/docs")

    @get("/openapi.json", operation_id="getOpenApi", public=True, hidden=True)
    async def openapi(self, request: Call) -> Response[bytes]:
        """This API in OpenAPI 3.1."""
        document: bytes = await asyncio.to_thread(request.app.state.openapi)
        return Response(
            document, media_type="application/json", headers={"cache-control": "no-cache"}
        )

    @get("/docs", operation_id="getDocs", public=True, hidden=True, makes="text/html")
    async def docs(self) -> Response[bytes]:
        """The API to try out."""
        return _page("docs.html")

    @get("/redoc", operation_id="getRedoc", public=True, hidden=True, makes="text/html")
    async def redoc(self) -> Response[bytes]:
        """The API to read."""
        return _page("redoc.html")

    @get("/assets/{name:str}", operation_id="getAsset", public=True, hidden=True, makes="*/*")
    async def asset(self, name: FromPath[str], request: Call) -> Response[bytes]:
        """A script or style of the readers."""
        return _asset(name, packed="gzip" in request.headers.get("accept-encoding", ""))

    @get("/problems", operation_id="listProblemKinds", public=True)
    async def problems(self) -> ProblemKinds:
        """Every kind of problem that this API answers with."""
        return ProblemKinds(kinds())

    @get("/problems/{slug:str}", operation_id="getProblemKind", public=True)
    async def problem(self, slug: FromPath[str]) -> ProblemKind:
        """One kind of problem: what it means. The `type` of a problem leads here."""
        for kind in kinds():
            if kind.type.endswith(f"/{slug}"):
                return kind
        raise NotFound("there is no such kind of problem")


def _page(name: str) -> Response[bytes]:
    headers = {"content-security-policy": _PAGE_POLICY, "cache-control": "no-cache"}
    return Response(_read(name), media_type="text/html", headers=headers)


def _asset(name: str, *, packed: bool) -> Response[bytes]:
    headers = {"cache-control": "public, max-age=86400", "vary": "Accept-Encoding"}
    media_type = _MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    if name in _SCRIPTS:
        content = _read(name)
    elif name in _PACKED and packed:
        content = _read(f"{name}.gz")
        headers["content-encoding"] = "gzip"
    elif name in _PACKED:
        content = gzip.decompress(_read(f"{name}.gz"))
    else:
        raise NotFound("there is no such file")
    return Response(content, media_type=media_type, headers=headers)


@cache
def _read(name: str) -> bytes:
    return resources.files(__package__).joinpath("assets", name).read_bytes()
