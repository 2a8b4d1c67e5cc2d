"""What is kept of whom, how long, and how it goes: erasure, retention, export."""
