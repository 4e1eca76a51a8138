"""Ports kept in memory: for tests, demonstrations and as the oracle of every other adapter."""
