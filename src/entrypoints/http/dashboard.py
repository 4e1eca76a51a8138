"""The dashboard: an exported folder held in memory, each page with a policy that fits it.

The browser runs what stands in the folder and nothing else: scripts by hash, no foreign
host. The hashes are taken from the very bytes that are served, so they cannot be those of
another build (ADR 41).
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import define, field, frozen

from ...domain.errors import NotFound
from .observe import send_answer
from .protocol import App, Receive, Scope, Send

#: Everything of the dashboard is below it, so that no page can hide a route of the API.
ROOT = "/app"

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
_ALREADY_PACKED = frozenset({".ico", ".woff2"})
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_HASHED_NAMES = "/_next/static/"
_NOT_BUILT = "the dashboard is not built here: `make dashboard` builds it and needs Node 20.19"


@define
class _File:
    """A file as it is sent."""

    content: bytes
    suffix: str
    headers: tuple[tuple[bytes, bytes], ...]
    _packed: bytes | None = None

    def packed(self) -> bytes | None:
        """The content under gzip, made once; None where that is of no use."""
        if self._packed is None and self.suffix not in _ALREADY_PACKED:
            self._packed = gzip.compress(self.content, 6, mtime=0)
        return self._packed


def exported(folder: Path) -> Mapping[str, _File]:
    """The files of an export by their address below the root; none if there is no export.

    They are read at once: a build that replaces them meanwhile cannot mix with them.
    """
    if not (folder / "index.html").is_file():
        return {}
    return {f"/{path.relative_to(folder).as_posix()}": _read(path, folder) for path in _in(folder)}


def _in(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix in _MEDIA_TYPES:
            yield path


def _read(path: Path, folder: Path) -> _File:
    content = path.read_bytes()
    hashed = f"/{path.relative_to(folder).as_posix()}".startswith(_HASHED_NAMES)
    kept = b"public, max-age=31536000, immutable" if hashed else b"no-cache"
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'.encode()
    headers = [
        (b"content-type", _MEDIA_TYPES[path.suffix].encode()),
        (b"cache-control", kept),
        (b"etag", etag),
        (b"vary", b"Accept-Encoding"),
    ]
    if path.suffix == ".html":
        headers += [
            (b"content-security-policy", policy(content).encode()),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]
    return _File(content, path.suffix, tuple(headers))


def policy(page: bytes) -> str:
    """The content security policy of a page: its own inline scripts by hash, all else by origin.

    References:
        Content Security Policy Level 3, 6.7.3.3 (hashes of inline scripts).
    """
    digests = (hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(page))
    hashes = dict.fromkeys(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)
    scripts = " ".join(["'self'", *hashes])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


@frozen
class Dashboard:
    """Answers below `/app` from the export and leaves all else to the API.

    Args:
        app: What is wrapped.
        files: The export, from ``exported``; empty where there is none.
    """

    app: App
    files: Mapping[str, _File] = field(factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        below = path == ROOT or path.startswith(f"{ROOT}/")
        home = path == "/" and bool(self.files)
        if scope["type"] != "http" or not (below or home):
            await self.app(scope, receive, send)
            return
        scope["path_template"] = f"{ROOT}/{{file}}" if below else "/"
        if scope["method"] != "GET":
            await _send(send, 405, ((b"allow", b"GET, HEAD"),), b"")
        elif not self.files:
            await send_answer(send, NotFound(_NOT_BUILT), scope["request_id"])
        elif home:
            await _send(send, 302, ((b"location", f"{ROOT}/".encode()),), b"")
        else:
            await self._file(path.removeprefix(ROOT), scope, send)

    async def _file(self, name: str, scope: Scope, send: Send) -> None:
        found = self.files.get(f"{name}index.html" if name.endswith("/") else name)
        if found is not None:
            await _send_file(send, 200, found, scope)
        elif f"{name}/index.html" in self.files:
            query = scope.get("query_string", b"")
            place = f"{ROOT}{name}/".encode() + (b"?" + query if query else b"")
            await _send(send, 308, ((b"location", place),), b"")
        elif (page := self.files.get("/404.html")) is not None:
            await _send_file(send, 404, page, scope)
        else:
            await send_answer(send, NotFound("there is no such page"), scope["request_id"])


async def _send_file(send: Send, status: int, file: _File, scope: Scope) -> None:
    asked = dict(scope["headers"])
    etag = dict(file.headers)[b"etag"]
    if status == 200 and etag in asked.get(b"if-none-match", b""):
        await _send(send, 304, file.headers, None)
        return
    packed = file.packed() if b"gzip" in asked.get(b"accept-encoding", b"") else None
    if packed is None:
        await _send(send, status, file.headers, file.content)
    else:
        await _send(send, status, (*file.headers, (b"content-encoding", b"gzip")), packed)


async def _send(
    send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes | None
) -> None:
    length = () if body is None else ((b"content-length", str(len(body)).encode()),)
    start = {"type": "http.response.start", "status": status, "headers": [*headers, *length]}
    await send(start)
    await send({"type": "http.response.body", "body": body or b"", "more_body": False})
