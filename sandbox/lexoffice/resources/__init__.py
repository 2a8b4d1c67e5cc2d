"""What every holder of a key may call, one module a resource."""
