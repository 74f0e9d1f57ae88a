"""The progress of a training on the terminal, and the log of Keras in a file."""

from pathlib import Path

import pytest

from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw
from pipeline.training.progress import ShowProgress, raw_log
from tests.support.small_task import data, losses, network


class Counter:
    """A progress reporter that adds up the amounts."""

    total = 0.0

    def advance(self, amount: float = 1) -> None:
        self.total += amount


def test_the_reporter_advances_by_one_for_each_training_step() -> None:
    model, counter = network(), Counter()
    learner = Learner(model, losses)
    learner.compile_groups([(adamw(0.01, 0.0), model.trainable_variables)])
    callback = ShowProgress(counter)  # type: ignore[arg-type]
    learner.fit(data(), validation_data=data(), epochs=2, verbose=0, callbacks=[callback])
    assert counter.total == 2 * 4


def test_the_output_of_the_block_goes_to_the_file_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "logs" / "train.log"
    for text in ("first", "second"):
        with raw_log(path):
            print(text)
    print("after the block")
    assert path.read_text() == "second\n"
    assert capsys.readouterr().out == "after the block\n"
