"""All of ``params.yaml``, typed and frozen: one section for each stage.

No default lives here. DVC watches the file, so a value that is not in the file would be invisible to DVC.
The comments in ``params.yaml`` say what each parameter means.
"""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import Section
from pipeline.params.convert import Convert
from pipeline.params.dataset import Dataset
from pipeline.params.detect import Detect
from pipeline.params.evaluate import Evaluate
from pipeline.params.export import Export
from pipeline.params.finetune import Finetune
from pipeline.params.report import Report
from pipeline.params.train import Train
from pipeline.params.zoo import Zoo


class Params(Section):
    """All of ``params.yaml``."""

    seed: Annotated[int, Field(ge=0, lt=2**31)]
    precision: Literal["auto", "float32", "bfloat16"]
    dataset: Dataset
    convert: Convert
    zoo: Zoo
    finetune: Finetune
    train: Train
    export: Export
    detect: Detect
    evaluate: Evaluate
    report: Report
