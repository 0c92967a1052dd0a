"""Signals that only some schemes require, measured from rows that are not the samples' own."""
