"""The gateway: carries a request between the unified API and a connector."""
