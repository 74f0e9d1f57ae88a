"""The command ``suspects``: labels of the dataset that a detector contradicts."""
