"""How fast the twin is, and how much memory it takes."""
