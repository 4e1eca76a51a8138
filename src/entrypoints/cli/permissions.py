"""`sightline permissions`."""


def permissions() -> None:
    """Print which role may call which operation, as docs/permissions.md shows it."""
    from ...bootstrap import in_memory  # noqa: PLC0415  as late as everything else
    from ..http.app import framework  # noqa: PLC0415
    from ..http.permission_matrix import document  # noqa: PLC0415

    print(document(framework(in_memory().telemetry)), end="")
