"""What a running gateway tells about itself: log lines and metrics. Never a body, never a secret."""
