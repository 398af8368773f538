"""Import of many rows at once: reading files, writing in batches, telling what became of each."""
