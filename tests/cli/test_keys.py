"""Keys from the command line, and that nothing of them stays behind."""

import re
from pathlib import Path

import httpx

from .command import KEY, run, set_up, started


def test_a_key_is_made_listed_rotated_and_revoked(tmp_path: Path) -> None:
    set_up(tmp_path)
    made = run(
        tmp_path,
        *("keys", "create", "--tenant", "acme", "--name", "night", "--days", "1", "--kind", "test"),
        *("--scope", "energy:read", "--scope", "jobs:read"),
    ).stdout.strip()
    assert re.fullmatch(r"sl_test_[0-9A-Za-z]{12}_[0-9A-Za-z]{36}", made)
    identifier = made.split("_")[2]
    listed = run(tmp_path, "keys", "list", "--tenant", "acme").stdout
    assert re.search(rf"{identifier}  night  ends .*, never used  energy:read jobs:read", listed)
    new = run(tmp_path, "keys", "rotate", identifier, "--tenant", "acme").stdout.strip()
    assert new.startswith("sl_live_")
    gone = run(tmp_path, "keys", "revoke", identifier, "--tenant", "acme")
    assert gone.stdout == f"Key {identifier} is revoked.\n"
    listed = run(tmp_path, "keys", "list", "--tenant", "acme").stdout
    assert identifier not in listed
    assert new.split("_")[2] in listed
    assert made not in listed
    assert new not in listed


def test_a_key_that_signs_is_printed_with_its_secret_and_neither_stays_on_disk(
    tmp_path: Path,
) -> None:
    set_up(tmp_path)
    wanted = ("keys", "create", "--tenant", "acme", "--name", "import", "--sign", "hmac-sha256")
    key, secret = run(tmp_path, *wanted).stdout.split()
    assert re.fullmatch(r"sl_sign_[0-9A-Za-z_-]{43}", secret)
    listed = run(tmp_path, "keys", "list", "--tenant", "acme").stdout
    assert "signs by hmac-sha256" in listed
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert secret.encode() not in path.read_bytes(), path
        assert key[-36:].encode() not in path.read_bytes(), path


def test_what_cannot_be_is_said_in_a_sentence(tmp_path: Path) -> None:
    set_up(tmp_path)
    wanted = ("keys", "create", "--tenant", "acme", "--name", "x")
    for more, said in (
        (("--role", "platform"), "tenants:admin"),
        (("--scope", "energy:wipe"), "there is no scope"),
        (("--days", "-1"), "future"),
        (("--sign", "ed25519"), "required for ed25519"),
        (("--sign-optional",), "--sign"),
    ):
        refused = run(tmp_path, *wanted, *more)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr


def test_no_secret_stays_on_disk_or_in_a_log_and_a_last_use_does(tmp_path: Path) -> None:
    set_up(tmp_path)
    with started(tmp_path, "serve") as server:
        server.wait_until_ready()
        with server.client as client:
            key = client.post("/api/v1/keys", json={"name": "x", "role": "analyst"}).json()
            form = {"grant_type": "client_credentials", "scope": "energy:read offline_access"}
            pair = (key["id"], key["key"])
            told = httpx.post(f"{client.base_url}/oauth/token", data=form, auth=pair).json()
            bearer = {"authorization": f"Bearer {told['access_token']}"}
            assert client.get("/api/v1/me", headers=bearer).json()["kind"] == "oauth_client"
        code, _ = server.stop()
        assert code == 0
    secrets = (KEY, key["key"][-36:], told["access_token"][-40:], told["refresh_token"][-43:])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path
    listed = run(tmp_path, "keys", "list", "--tenant", "acme").stdout
    assert re.search(rf"{key['id']}  x  does not end, used ", listed)
