"""Learned sample importance for LightGBM rankers."""

__version__ = "0.1.0"
