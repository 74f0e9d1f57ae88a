"""The tools with which the pictures are drawn: outlines, fabrics, colours, backgrounds, clutter and the camera."""
