"""Tenants from the command line, from the platform's first key to a customer's end."""

import re
from pathlib import Path

from .command import run, set_up, started


def test_a_tenant_is_listed_shown_suspended_resumed_and_closed(tmp_path: Path) -> None:
    set_up(tmp_path)
    assert run(tmp_path, "tenants", "create", "beta", "--plan", "starter").returncode == 0
    listed = run(tmp_path, "tenants", "list").stdout
    assert re.search(r"^acme  Acme  active, plan enterprise, tier small, since ", listed, re.M)
    assert re.search(r"^beta  beta  active, plan starter, tier small, since ", listed, re.M)
    assert "acme" not in run(tmp_path, "tenants", "list", "--plan", "starter").stdout
    shown = run(tmp_path, "tenants", "show", "beta").stdout
    assert "read: 600 units in 60 s (plan)" in shown
    assert "month: 1000000 units (plan); weight: 1 (plan)" in shown
    for command, status in (("suspend", "suspended"), ("resume", "active"), ("close", "closed")):
        assert f"  {status}, plan" in run(tmp_path, "tenants", command, "beta").stdout
    refused = run(tmp_path, "tenants", "resume", "beta")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "for good" in refused.stderr


def test_the_first_key_of_the_platform_opens_the_administration(tmp_path: Path) -> None:
    set_up(tmp_path)
    run(tmp_path, "tenants", "create", "platform")
    made = run(tmp_path, "keys", "create", "--tenant", "platform", "--role", "platform")
    key = made.stdout.strip()
    assert key.startswith("sl_live_")
    with started(tmp_path, "serve") as server:
        server.wait_until_ready()
        with server.client as client:
            headers = {"authorization": f"Bearer {key}"}
            path = "/api/v2/admin/tenants"
            listed = client.get(path, headers=headers).json()["items"]
            assert [one["id"] for one in listed] == ["acme", "platform"]
            assert client.get(path).status_code == 403
            suspended = client.post(f"{path}/acme/suspend", headers=headers)
            assert suspended.json()["status"] == "suspended"
            refused = client.get("/api/v1/me")
            assert (refused.status_code, refused.json()["type"]) == (
                403,
                "/problems/tenant-suspended",
            )
        server.stop()
