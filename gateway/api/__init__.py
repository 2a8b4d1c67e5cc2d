"""The HTTP face of Kontor."""
