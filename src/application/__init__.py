"""What users can do: one use case per file, ports in, domain values out."""
