"""The three splits, and which of them an image goes to that could be in several."""

HELD_OUT_FIRST = ("test", "val", "train")
"""Of several splits that an image, or those that belong together, could be in, the first: what is also in
training flatters the test."""
