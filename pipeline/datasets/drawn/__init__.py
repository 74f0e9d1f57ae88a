"""The drawn pictures: the built-in clothing catalogue, and the source task that the zoo pretrains on."""
