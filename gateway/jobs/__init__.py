"""Durable work. The only room that knows DBOS."""
