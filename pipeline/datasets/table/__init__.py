"""The annotation table, into which every format is parsed, its builder, and the faults of a dataset."""
