"""The embedded pictures: the clothing catalogue and the zoo's source task."""
