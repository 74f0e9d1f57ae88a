"""Builders and fixtures that the tests share."""
