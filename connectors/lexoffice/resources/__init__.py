"""One file a unified resource: what the vendor can do with it, and its mapping both ways."""
