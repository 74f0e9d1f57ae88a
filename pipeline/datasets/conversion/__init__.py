"""The way from the raw dataset to records: prepare, tasks, one image, findings, splits, written."""
