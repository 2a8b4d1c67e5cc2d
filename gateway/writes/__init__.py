"""Every write ever sent to a vendor, with its outcome; and what makes it happen once."""
