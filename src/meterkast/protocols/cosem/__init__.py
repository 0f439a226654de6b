"""COSEM: interface classes (Blue Book), the logical device that holds them, profile buffers, names."""
