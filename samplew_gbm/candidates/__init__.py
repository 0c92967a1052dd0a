"""Candidate sources, their union, and the score of any item in each source."""
