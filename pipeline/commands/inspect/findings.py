"""The list of what ``inspect`` finds. A further finding is one function, and one line here."""

from collections.abc import Callable

from pipeline.commands.inspect.box_sizes import box_sizes
from pipeline.commands.inspect.contents import classes, format_name, images, keypoints, objects, use
from pipeline.commands.inspect.detection_limits import limits
from pipeline.commands.inspect.faults import faults
from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.commands.inspect.training_time import training_time
from pipeline.commands.inspect.unused import unused

Find = Callable[[Inspection], Finding]

CONTENTS: tuple[Find, ...] = (format_name, images, objects, classes, use, keypoints)
"""What the dataset holds, in the order in which it is printed."""

CHECKS: tuple[Find, ...] = (faults, unused)
"""What is wrong with it."""

TRAINING: tuple[Find, ...] = (box_sizes, limits, training_time)
"""What a training on it takes. These are found only if the convert stage would accept the dataset."""
