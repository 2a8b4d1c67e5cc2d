"""Stand-ins for the systems Kontor speaks to. They know nothing of Kontor, and Kontor nothing of them."""
