"""The embedded columnar engine: one file, locked down."""
