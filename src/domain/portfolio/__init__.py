"""Properties, their markets, comparisons and trends."""
