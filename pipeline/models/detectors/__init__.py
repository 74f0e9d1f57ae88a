"""The detectors: a base class, a registry and one file for each architecture."""
