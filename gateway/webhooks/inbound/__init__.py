"""What vendors tell by calling us: checked, stored, answered at once, and followed afterwards."""
