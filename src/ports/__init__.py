"""What the inside needs from outside: one small async Protocol per file."""
