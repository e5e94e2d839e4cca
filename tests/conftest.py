"""How far the properties are tried: the same cases on every run, so that a failure is of the change and not of the dice.

`make fuzz` tries other cases each time, and more of them.
"""

import os

from hypothesis import settings

settings.register_profile("suite", max_examples=50, derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
