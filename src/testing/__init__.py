"""Strategies and port contracts for people who write adapters and property-based tests."""

# Before any strategy: on its own import Hypothesis loads them all through its entry point,
# and would find them half made if one of them had begun the import.
import hypothesis  # noqa: F401
