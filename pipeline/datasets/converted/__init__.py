"""The folder ``data/converted``, which the convert stage writes and the later stages read: a module for each file."""
