"""A project with a converted dataset and a small backbone, for the commands that read these."""

from pathlib import Path
from typing import Any

from pipeline.params.schema import Params
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.params_file import changed_params
from tests.support.stages import run_zoo


def write_small_project(home: Path, images: int, **changes: Any) -> Params:
    """Convert coloured scenes to ``data/converted`` and make ``models/zoo``; return the parameters.

    Args:
        home: The folder of the project, which gets a ``params.yaml``.
        images: Number of scenes.
        changes: As for :func:`tests.support.params_file.write_params`.
    """
    write_coco(home / "data" / "raw", images)
    params = changed_params(
        home,
        convert__workers=1,
        zoo__backbone="simple_cnn",
        zoo__weights="none",
        train__architecture="yolo_v1",
        train__init="scratch",
        finetune__mode="scratch",
        **changes,
    )
    run_convert(params, home / "data" / "raw", home / "data")
    run_zoo(params, home)
    return params
