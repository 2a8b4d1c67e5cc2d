"""What invoices and credit notes have in common at the vendor, read and written."""
