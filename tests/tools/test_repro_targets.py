"""Each task has its targets of ``dvc repro``."""

from typing import get_args

from pipeline.params.schema import Params
from tests.support.project import ROOT
from tools.repro_targets import TARGETS


def test_each_task_has_targets_that_exist() -> None:
    assert set(TARGETS) == set(get_args(Params.model_fields["task"].annotation))
    assert all((ROOT / target).exists() for target in TARGETS.values())
