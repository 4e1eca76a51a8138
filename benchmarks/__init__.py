"""Benchmarks: figures are ratios measured side by side in one run (`make bench`)."""

from pathlib import Path

from attrs import frozen


@frozen
class Figure:
    """One measured figure.

    Args:
        name: What was measured.
        value: The figure with its unit.
        goal: What was wanted, or None.
        met: Whether it was reached, or None without a goal.
    """

    name: str
    value: str
    goal: str | None = None
    met: bool | None = None

    def __str__(self) -> str:
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return f"{self.name:<58} {self.value:>34}  {self.goal or '':>14}  {verdict}"


def ratio(name: str, ours: float, theirs: float, goal: float | None, unit: str) -> Figure:
    """Ours over theirs, smaller is better."""
    found = ours / theirs
    value = f"{found:.2f} ({ours:.1f} / {theirs:.1f} {unit})"
    if goal is None:
        return Figure(name, value)
    return Figure(name, value, f"<= {goal:g}", found <= goal)


def within(name: str, ours: float, goal: float, unit: str) -> Figure:
    """A figure that should not be above its goal."""
    return Figure(name, f"{ours:.1f} {unit}", f"<= {goal:g} {unit}", ours <= goal)


def memory_of(kind: str) -> float:
    """Memory of this process, now (VmRSS) or at most so far (VmHWM). [MB]"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))
