"""The order of the splits."""

HELD_OUT_FIRST = ("test", "val", "train")
"""An image, or a set of images that belong together, goes to the first of the splits that it could be in.

An image of the test that is in train as well would make the test's scores too good.
"""
