"""The change feed: every change once, in an order without gaps, for each tenant and environment."""
