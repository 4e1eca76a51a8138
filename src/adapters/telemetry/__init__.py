"""Figures and log lines for whoever watches a deployment."""
