"""The command ``search``: trials of other parameters, each an experiment of DVC, scored on val."""
