"""Secrets of tenants and their customers: sealed at rest, refreshed once, attached to calls."""
