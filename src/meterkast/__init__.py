"""Meterkast: the Dutch smart-meter chain, from the register in the meter to the operator's books."""

__version__ = "0.1.0"
