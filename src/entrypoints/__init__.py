"""How users get in."""
