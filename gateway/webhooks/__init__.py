"""Events that come from vendors, and events that are told to tenants."""
