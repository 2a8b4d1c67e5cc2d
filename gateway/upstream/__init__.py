"""The way out: transports to the vendors, the schedule of calls, and the wire that connectors are handed."""
