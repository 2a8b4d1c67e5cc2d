"""What every connector is made of. Knows no connector."""
