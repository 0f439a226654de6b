"""Continuity of supply: what happens when deliveries, maintenance or updates of one vendor fall away.

A household that waits keeps its old meter: "delayed" is about an installation, never about power.
"""
