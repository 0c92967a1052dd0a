"""Drift: how far what arrives is from what was learned from."""
