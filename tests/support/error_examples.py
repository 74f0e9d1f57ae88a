"""Two objects, a detection that finds the first of them, and a second detection of each type of error."""

BOX = {"xmin": 0, "ymin": 0, "xmax": 100, "ymax": 100}
OTHER = BOX | {"xmin": 200, "xmax": 300}
RIGHT = (1, 1, 0, 0, 100, 100, 0.9)

WRONG = [
    ("duplicate", (1, 1, 2, 0, 100, 100, 0.8)),
    ("background", (1, 1, 0, 300, 50, 50, 0.8)),
    ("localisation", (1, 1, 260, 0, 100, 100, 0.8)),  # IoU 0.25 with the other object
    ("class", (1, 2, 200, 0, 100, 100, 0.8)),
    ("class and localisation", (1, 2, 260, 0, 100, 100, 0.8)),
]
"""Type of error, and the detection: image, class, x, y, width, height, score."""
