"""The checks of boxes, classes, images and masks, the search for leakage between splits, and the verdict."""
