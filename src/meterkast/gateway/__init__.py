"""The gateway: owns the links to the devices, the keys, the journal, and the only way out of the house."""
