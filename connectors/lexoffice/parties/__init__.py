"""Contacts of the vendor, which are customers, suppliers or both."""
