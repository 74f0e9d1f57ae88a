"""Opening a stranger's files in ``data/raw``: folder index, containers, streams, safe JSON and XML, encodings, IDX."""
