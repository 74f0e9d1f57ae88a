"""The command ``compare``: whether one run is better than another on the same test images."""
