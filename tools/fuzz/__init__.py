"""The fuzzer: it damages datasets of every format at random."""
