"""Print the targets of ``dvc repro`` for the task in params.yaml: nothing for the stages of dvc.yaml."""

from pipeline.params.load import load_params

TARGETS = {"detection": "", "classification": "classification/dvc.yaml"}
"""The parameter ``task`` -> the targets."""

if __name__ == "__main__":
    print(TARGETS[load_params().task])
