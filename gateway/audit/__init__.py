"""Who did what: an append-only trail that shows when it was tampered with."""
