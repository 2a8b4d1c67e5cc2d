"""`./kontor bench --mapping`: what it costs to map an invoice of twenty lines both ways."""
