"""Sightline: how what you run compares with its market, adds up, and how healthy it is."""

__version__ = "0.1.0"
