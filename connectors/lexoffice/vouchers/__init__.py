"""Bookkeeping vouchers: what bills, vendor credits and sales invoiced elsewhere share at the vendor."""
