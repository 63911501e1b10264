"""Timeout science: from run histories to a recommendation with a stated risk."""
