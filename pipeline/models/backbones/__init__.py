"""The backbones of the zoo."""
