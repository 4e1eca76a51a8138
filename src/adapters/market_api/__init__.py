"""The external market-data API, read over HTTP."""
