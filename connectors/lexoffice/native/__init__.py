"""What Lexware Office sends and takes, exactly as it writes it. One file a vendor noun."""
