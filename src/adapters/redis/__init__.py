"""What several processes share."""
