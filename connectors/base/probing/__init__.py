"""What a connector can do with each field and filter, found by running its mappings and not from memory.

A wire that answers with samples made from the types that the connector decodes; one value changed at a time.
"""
