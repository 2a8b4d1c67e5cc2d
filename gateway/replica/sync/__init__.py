"""Fills the replica and keeps it fresh: passes over the vendor's lists, each as few calls as it can be."""
