"""Sample data: deterministic, imperfect on purpose, and marked as sample data."""
