"""Signed deliveries of events to the endpoints that tenants name: to whom, when, how, and what came back."""
