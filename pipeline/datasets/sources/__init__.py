"""Download: where a dataset comes from."""
