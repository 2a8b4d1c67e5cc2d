"""What only partners may call: mailing, bank accounts, finance, cash boxes, and their own integration."""
