"""The log of a training: the values of each period, and the destinations that they are written to."""
