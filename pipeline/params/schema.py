"""The schema of ``params.yaml``, with one section for each stage.

The schema has no default values. DVC tracks the file, so DVC would not notice a change of a default value here.
The comments in ``params.yaml`` describe each parameter.
"""

from typing import Literal

from pipeline.params.base import Section, Seed
from pipeline.params.convert import Convert
from pipeline.params.dataset import Dataset
from pipeline.params.detect import Detect
from pipeline.params.embed import Embed
from pipeline.params.evaluate import Evaluate
from pipeline.params.export import ExportSection
from pipeline.params.finetune import Finetune
from pipeline.params.report import Report
from pipeline.params.search import Search
from pipeline.params.study import Study
from pipeline.params.tracking import Tracking
from pipeline.params.train import Train
from pipeline.params.zoo import Zoo


class Params(Section):
    """The contents of ``params.yaml``."""

    seed: Seed
    split_seed: Seed
    task: Literal["detection", "classification"]
    precision: Literal["auto", "float32", "bfloat16"]
    dataset: Dataset
    convert: Convert
    zoo: Zoo
    finetune: Finetune
    train: Train
    tracking: Tracking
    export: ExportSection
    detect: Detect
    evaluate: Evaluate
    report: Report
    embed: Embed
    study: Study
    search: Search
