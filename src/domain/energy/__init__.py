"""Brands, organizations, locations, sensors, circuits and the power they draw."""
