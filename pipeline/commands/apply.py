"""The command ``apply``: bring an experiment of DVC into the workspace.

``dvc exp apply`` does the same, and then fails wherever a stage has never run, such as those of the other task, because
its outputs are in no cache.
"""

from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import map_scm_exception

from pipeline.errors import PipelineError


def apply(name: str) -> None:
    """Replace the parameters and the outputs of the workspace by those of an experiment.

    Args:
        name: The name of the experiment.

    Raises:
        PipelineError: There is no such experiment, DVC's cache lacks outputs of its stages, or Git refuses, such as
            where it has no name and email to put changes aside with.
    """
    try:
        with Repo() as repo, map_scm_exception():
            repo.experiments.apply(name, allow_missing=True)
        with Repo() as repo:
            lost = [str(out) for out in repo.index.outs if out.use_cache and out.hash_info and not out.exists]
    except DvcException as error:
        raise PipelineError(f"{name}: {error}") from None
    if lost:
        raise PipelineError(
            f"{name}: its files are in the workspace, but not in DVC's cache are {', '.join(lost)}; `make repro` makes "
            "them again"
        )
