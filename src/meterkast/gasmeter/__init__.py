"""The gas meter: an M-Bus device that counts litres and tells its gateway alone. It has no valve."""
