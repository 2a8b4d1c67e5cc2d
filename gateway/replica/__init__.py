"""Kontor's own copy of a connection's documents: what is kept, in what order, and what is read of it."""
