"""Changed messages through the decoders, by the million."""
