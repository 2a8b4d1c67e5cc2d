"""Whether two parties are the same: evidence that can be shown, and a verdict that prefers to ask."""
