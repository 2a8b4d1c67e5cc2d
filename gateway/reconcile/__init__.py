"""Settles writes whose outcome is unknown: looks before it writes again, and asks a person when in doubt."""
