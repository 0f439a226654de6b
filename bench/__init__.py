"""Measured figures, each beside what it was measured against in the same run."""
