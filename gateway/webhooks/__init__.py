"""Events across the house: what vendors tell us, and what we tell tenants."""
