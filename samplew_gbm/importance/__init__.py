"""Importance of samples, and the sample weight that it becomes."""
