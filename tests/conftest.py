"""Hypothesis profiles: the default is repeatable and quick, `long` searches."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", max_examples=60, derandomize=True, deadline=None)
settings.register_profile("long", max_examples=6000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
