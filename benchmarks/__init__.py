"""Measurements: generated logs of any size and what they cost to read."""
