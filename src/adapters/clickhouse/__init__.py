"""Events in ClickHouse, on one server or on several (ADR 31)."""
