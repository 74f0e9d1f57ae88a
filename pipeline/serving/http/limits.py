"""What the server takes from its clients at most."""

from typing import NamedTuple


class Limits(NamedTuple):
    """What the server takes from its clients at most.

    Attributes:
        body_bytes: Bytes of the body of a request.
        instances: Images in a request.
        pixels: Pixels of an image, and of all images of a batch together.
        queue: Images that wait for the model.
        seconds: How long the body of a request may take to arrive, and then its images to be answered.
    """

    body_bytes: int
    instances: int
    pixels: int
    queue: int
    seconds: float
