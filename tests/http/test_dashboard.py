"""The dashboard from its export: pages with policies, files that may be kept, nothing else."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.entrypoints.http.app import EdgeOptions
from sightline.entrypoints.http.dashboard import exported, policy

from .served import Served, serving

PAGE = b'<html><script src="/app/a.js"></script><script>one()</script><script id="x">two()</script>'


def export(folder: Path) -> Path:
    files = {
        "index.html": PAGE,
        "404.html": b"<html>no such page",
        "portfolio/index.html": PAGE + b"portfolio",
        "_next/static/chunks/a1b2.js": b"let a = 1;" * 100,
        "theme.js": b"let theme;",
        "secret.key": b"never served",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    (tmp_path / "outside.js").write_bytes(b"outside")
    folder = export(tmp_path / "out")
    (folder / "link.js").symlink_to(tmp_path / "outside.js")
    async with serving(EdgeOptions(dashboard=folder)) as made:
        yield made


async def test_a_page_is_for_everybody_and_its_own_scripts_may_run(served: Served) -> None:
    response = await served.stranger.get("/app/portfolio/")
    assert (response.status_code, response.content) == (200, PAGE + b"portfolio")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    directives = dict(
        one.strip().partition(" ")[::2]
        for one in response.headers["content-security-policy"].split(";")
    )
    hashes = [base64.b64encode(hashlib.sha256(one).digest()) for one in (b"one()", b"two()")]
    assert directives["script-src"] == " ".join(
        ["'self'", *(f"'sha256-{one.decode()}'" for one in hashes)]
    )
    assert directives["default-src"] == "'none'"
    assert directives["connect-src"] == directives["style-src"] == "'self'"
    assert response.headers["x-content-type-options"] == "nosniff"


@given(st.lists(st.binary(max_size=20).filter(lambda one: b"<" not in one), max_size=5))
def test_every_inline_script_and_no_other_is_allowed(scripts: list[bytes]) -> None:
    page = b"".join(b"<p><script>" + one + b"</script>" for one in scripts)
    allowed = set(re.findall(r"'sha256-([^']+)'", policy(page + b"<script src='x'></script>")))
    digests = (hashlib.sha256(one).digest() for one in scripts)
    assert allowed == {base64.b64encode(one).decode() for one in digests}


async def test_files_with_a_hash_in_their_name_are_kept_for_good_and_others_asked_again(
    served: Served,
) -> None:
    hashed = await served.stranger.get("/app/_next/static/chunks/a1b2.js")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    named = await served.stranger.get("/app/theme.js")
    assert named.headers["cache-control"] == "no-cache"
    again = await served.stranger.get(
        "/app/theme.js", headers={"if-none-match": f'"other", {named.headers["etag"]}'}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == named.headers["etag"]


async def test_files_are_packed_for_whoever_can_unpack_them(served: Served) -> None:
    address = "/app/_next/static/chunks/a1b2.js"
    packed = await served.stranger.get(address, headers={"accept-encoding": "gzip"})
    plain = await served.stranger.get(address, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.content == plain.content


async def test_the_root_and_addresses_without_a_slash_lead_to_pages(served: Served) -> None:
    assert (await served.stranger.get("/")).headers["location"] == "/app/"
    moved = await served.stranger.get("/app/portfolio?city=Chicago")
    assert (moved.status_code, moved.headers["location"]) == (308, "/app/portfolio/?city=Chicago")
    assert (await served.stranger.get("/app")).headers["location"] == "/app/"


@pytest.mark.parametrize(
    "path",
    [
        "/app/nothing",
        "/app/secret.key",
        "/app/link.js",
        "/app/%2e%2e/outside.js",
        "/app//outside.js",
        "/app/..%2foutside.js",
    ],
)
async def test_what_is_no_page_of_the_export_is_not_found(served: Served, path: str) -> None:
    response = await served.stranger.get(path)
    assert (response.status_code, response.content) == (404, b"<html>no such page")


async def test_pages_are_read_only_and_have_heads(served: Served) -> None:
    head = await served.stranger.head("/app/theme.js", headers={"accept-encoding": "identity"})
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")
    refused = await served.stranger.post("/app/theme.js")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_a_build_that_replaces_files_meanwhile_does_not_mix_with_them(
    served: Served, tmp_path: Path
) -> None:
    (tmp_path / "out" / "theme.js").write_bytes(b"another build")
    assert (await served.stranger.get("/app/theme.js")).content == b"let theme;"


async def test_the_api_is_untouched_by_it(served: Served) -> None:
    assert (await served.stranger.get("/api/v1/me")).status_code == 401
    assert (await served.stranger.get("/application")).status_code == 401
    assert (await served.acme.get("/api/v1/me")).status_code == 200


async def test_without_a_build_it_says_so_and_how_to_make_one(tmp_path: Path) -> None:
    assert exported(tmp_path) == {}
    async with serving(EdgeOptions(dashboard=tmp_path)) as bare:
        response = await bare.stranger.get("/app/")
        assert response.status_code == 404
        assert "make dashboard" in response.json()["detail"]
        assert (await bare.stranger.get("/")).headers["location"] == "/docs"
