"""A project in Git and DVC with finished runs: commits, experiments and the workspace."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from dvc.repo import Repo

from pipeline.artifacts import write_json
from pipeline.datasets.converted.fingerprint import with_fingerprint
from pipeline.datasets.converted.ground_truth import read_ground_truth
from tests.support.fake_run import write_run
from tests.support.params_file import write_params

OUTPUTS = ["data/converted", "data/predictions"]


class Project:
    """A project whose outputs DVC tracks. It is the working directory while it is used."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write a finished run, and commit it."""
        self.home = home
        home.mkdir()
        monkeypatch.setenv("DVC_SITE_CACHE_DIR", os.fspath(home.with_name("site")))
        monkeypatch.chdir(home)
        write_run(home / "data")
        write_params(home)
        self.score()
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "runs")
        self.git("config", "user.email", "runs@example.org")
        Repo.init(os.fspath(home)).close()
        (home / ".gitignore").write_text("/data/raw\n/data/models\n/data/metrics\n")
        self.commit("first")

    def git(self, *arguments: str) -> str:
        """Run Git, and return what it prints."""
        done = subprocess.run(["git", *arguments], cwd=self.home, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit the workspace with its outputs, and return the commit."""
        self._track()
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        return self.git("rev-parse", "HEAD")

    def experiment(self, name: str) -> None:
        """Keep the workspace as an experiment."""
        self._track()
        with Repo(os.fspath(self.home)) as repo:
            repo.experiments.save(name=name)

    def score(self) -> None:
        """Write the fingerprint of the workspace's test set into its metrics, beside a score."""
        truth = read_ground_truth(self.home / "data" / "converted")
        write_json(self.home / "metrics" / "detection.json", with_fingerprint({"mAP": 0.5}, truth))

    def lower_scores(self, factor: float) -> None:
        """Give every second detection a lower score and a shifted box."""
        path = self.home / "data" / "predictions" / "detections-test.json"
        detections = json.loads(path.read_text())
        for entry in detections[::2]:
            entry["score"] *= factor
            entry["bbox"][0] += 6
        path.write_text(json.dumps(detections))

    def empty_cache(self) -> None:
        """Delete DVC's cache and what DVC remembers of it."""
        shutil.rmtree(self.home / ".dvc" / "cache")
        shutil.rmtree(self.home.with_name("site"), ignore_errors=True)

    def _track(self) -> None:
        with Repo(os.fspath(self.home)) as repo:
            repo.add(OUTPUTS)
