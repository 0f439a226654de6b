"""Meter data management owns the data: intake, validation, the store of meter-day blocks, access to them."""
