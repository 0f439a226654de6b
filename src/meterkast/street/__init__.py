"""Stands the whole chain up: homes, virtual time, processes, faults. The components meet on the wire only."""
