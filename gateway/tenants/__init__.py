"""Who uses Kontor: tenants, their API keys, return URLs and connections."""
