"""The checks of boxes, classes, images and masks, the search for near-duplicates, and the verdict on the dataset."""
