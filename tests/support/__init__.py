"""Builders of datasets, models and files that several tests use."""
