"""The command ``explain``: pictures of what the networks see in an image."""
