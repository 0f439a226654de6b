"""Settings for all tests: hypothesis keeps no example database, so that a run depends on nothing but the tree."""

from hypothesis import settings

settings.register_profile("meterkast", database=None, deadline=None)
settings.load_profile("meterkast")
