"""Learners of item tables: alternating least squares, the linear item model, co-visitation."""
