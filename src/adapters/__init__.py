"""How the needs are met, by technology."""
