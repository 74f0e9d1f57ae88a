"""The command ``study``: the transfer table, from an experiment for each backbone, start and seed."""
