"""Scenes that are composed of the images of a classification dataset."""
