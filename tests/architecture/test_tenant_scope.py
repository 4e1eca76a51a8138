"""Who may look across tenants in the record store: a list, and nobody else."""

import ast
from collections.abc import Iterator

from .project import modules, tree

#: Module and method, with the reason why one tenant is not enough.
ACROSS = {
    ("api_keys", "find"): "whose key it is, is what is asked",
    ("api_keys", "mark_used"): "the last uses of all keys are kept in one go",
    ("audit", "append"): "records of all tenants are kept in one go",
    ("audit", "settle"): "changes without an outcome, whoever began them",
    ("audit", "tips"): "the ends of all logs are signed together",
    ("event_log", "positions"): "how far every log has come, for whoever loads them all",
    ("event_log", "prune"): "old request keys of all tenants are forgotten",
    ("followed_markets", "tenants"): "whose markets are to be refreshed",
    ("health_scores", "behind"): "whose scores are to be made anew",
    ("jobs", "lease"): "workers do the jobs of all tenants",
    ("jobs", "ended_since"): "for whom a job is not due yet",
    ("jobs", "prune"): "old jobs of all tenants are forgotten",
    ("migrate", "migrate"): "the tables are everybody's",
    ("nonces", "prune"): "old nonces of all tenants are forgotten",
    ("refresh_families", "find"): "whose token it is, is what is asked",
    ("refresh_families", "end"): "the token names its family, not its tenant",
    ("refresh_families", "prune"): "old families of all tenants are forgotten",
    ("tenants", "page"): "the platform lists every tenant",
    ("tenants", "inactive"): "for whom no job is done",
    ("usage", "add"): "the counts of all tenants are kept in one go",
}
#: Methods whose tables are nobody's; they need no tenant.
WITHOUT = {("market_snapshots", name) for name in ("at", "position", "_latest_of", "_keep_all")} | {
    *(("revocations", name) for name in ("add", "any_of", "prune")),
    *(("signing_keys", name) for name in ("add", "all", "remove")),
    ("readiness", "problem"),
    ("row_security", "unguarded_tables"),
}


def calls() -> Iterator[tuple[tuple[str, str], ast.Call]]:
    """Every transaction that is begun, with the module and the function that begins it."""
    for module in modules("src/adapters/sql"):
        if module.stem == "database":
            continue
        for function in ast.walk(tree(module)):
            if isinstance(function, ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                        yield (module.stem, function.name), node


def test_only_these_look_across_tenants() -> None:
    found = {
        place
        for place, call in calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr.endswith("_across_tenants")
    }
    assert found == ACROSS.keys()


def test_every_other_transaction_has_its_tenant() -> None:
    without = {
        place
        for place, call in calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in {"reading", "writing"}
        and not call.args
    }
    assert without == WITHOUT
