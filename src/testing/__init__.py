"""Strategies and port contracts for people who write adapters and property-based tests."""
