"""Events to runs."""
