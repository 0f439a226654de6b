"""Exports: measurements on their way to other people's tools, live from a meter or out of the store."""
