"""Acceptance: what the product promises under load and attack, asked of real servers.

Every check starts `sightline serve` on loopback with data that is thrown away, and prints
one line with PASS or FAIL and its figure (`make acceptance`). Every check has a tooth: with
``--without-control`` the same check runs against a product whose control is off or weak,
and must fail.
"""

from collections.abc import Sized

from attrs import frozen


@frozen
class Found:
    """What one check found.

    Args:
        check: Its short name, such as L1.
        what: What was looked at.
        figure: What was measured, with its unit.
        bar: What was wanted.
        passed: Whether it was; None if it could not be looked at.
    """

    check: str
    what: str
    figure: str
    bar: str
    passed: bool | None

    def __str__(self) -> str:
        verdict = {True: "PASS", False: "FAIL", None: "SKIPPED"}[self.passed]
        return f"{verdict:<7} {self.check:<3} {self.what}: {self.figure} (wanted: {self.bar})"


def at_most(check: str, what: str, value: float, bar: float, unit: str) -> Found:
    """A figure that should not be above its bar."""
    return Found(check, what, f"{value:.4g} {unit}", f"<= {bar:.4g} {unit}", value <= bar)


def none_of(check: str, what: str, bad: int | Sized, of: str) -> Found:
    """Something that should not be there at all: a number, or a collection of what was found."""
    count = bad if isinstance(bad, int) else len(bad)
    shown = f"{count} of {of}" if isinstance(bad, int) or not bad else f"{bad} among {of}"
    return Found(check, what, shown, "none", not bad)


def skipped(check: str, what: str, reason: str) -> Found:
    """A check that this machine cannot do."""
    return Found(check, what, reason, "-", None)
