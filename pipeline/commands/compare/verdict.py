"""The command ``verdict``: say at the top of the report whether the run is better than the last commit's."""

import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dvc.exceptions import NotDvcRepoError
from dvc.repo import Repo

from pipeline.artifacts import whole
from pipeline.commands.compare.command import compare_runs
from pipeline.commands.compare.runs import CLASSIFICATION, DETECTION, PREDICTED, read_runs
from pipeline.commands.compare.sources import WORKSPACE, source
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.reporting.verdict import Verdict, verdict_of, with_verdict

REPORTS = {
    DETECTION: (Path("reports/index.html"), "report"),
    CLASSIFICATION: (Path("reports/classification.html"), "classification/dvc.yaml:report_classifier"),
}
"""Task -> the page, and the stage that writes it."""

ABBREVIATED = 7
"""Letters of a commit in the sentence."""


def verdict() -> None:
    """Compare the workspace with the last commit whose predictions differ, and write the verdict into the report.

    The page is an output of a stage, whose bytes DVC knows. DVC is told of the new ones, so that it does not run the
    stage again.

    Raises:
        PipelineError: There is no report, or it does not belong to the workspace as it is.
    """
    params = load_params()
    page, stage = REPORTS[params.task]
    if not page.is_file():
        raise PipelineError(f"{page}: not found; run `make repro`")
    found = _verdict(params)
    print(found.sentence)
    old = page.read_text(encoding="utf-8")
    new = with_verdict(old, found)
    if new != old:
        _replace(page, stage, new)


def _verdict(params: Params) -> Verdict:
    try:
        commit = last_other(params.task)
        if commit is None:
            return Verdict("unknown", "Not compared: no earlier commit has other predictions.")
        runs = read_runs(commit, WORKSPACE)
    except PipelineError as error:
        return Verdict("unknown", f"Not compared with an earlier commit: {str(error).split(';')[0]}.")
    return verdict_of(compare_runs(*runs, params), (f"commit {commit}", "this run"))


def last_other(task: str) -> str | None:
    """Return the last commit whose predictions on test differ from those of the workspace; None if there is none.

    Before the run is committed, this is usually HEAD, and afterwards the same commit, which is then an earlier one.

    Args:
        task: ``detection`` or ``classification``.

    Raises:
        PipelineError: The predictions of the workspace or of the commit cannot be read.
    """
    path = PREDICTED[task]
    own = source(WORKSPACE).read(path)
    for commit in _commits():
        run = source(commit)
        # a commit of the other task, or from before the first run, has none
        if not run.files.exists(str(PurePosixPath(path).parent)):
            continue
        try:
            if run.read(path) != own:
                return commit
        except PipelineError:
            raise PipelineError(f"the run of commit {commit} is not on this machine") from None
    return None


def _commits() -> Iterator[str]:
    """Yield the commits that changed what DVC knows of outputs, the newest first.

    Raises:
        PipelineError: There is no Git repository, or it has no commit.
    """
    command = ["git", "log", f"--abbrev={ABBREVIATED}", "--format=%h", "--", "*dvc.lock", "*.dvc"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise PipelineError("there is no Git repository with a commit") from None
    yield from done.stdout.split()


def _replace(page: Path, stage: str, html: str) -> None:
    """Write the page, and record it as the output of its stage, if DVC tracks it.

    Raises:
        PipelineError: The stage would run again, so that the page is not of this workspace.
    """
    try:
        with Repo() as repo:
            # `commit` records the inputs too, so it must not see others than those that the page was made of
            if repo.status([stage]):
                raise PipelineError(f"{page}: does not belong to the workspace as it is; run `make repro`")
            _write(page, html)
            repo.commit(stage, force=True)
    except NotDvcRepoError:
        _write(page, html)


def _write(page: Path, html: str) -> None:
    with whole(page) as partial:
        partial.write_text(html, encoding="utf-8")
