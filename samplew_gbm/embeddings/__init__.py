"""Learners of item tables: alternating least squares, the linear item models, co-visitation."""
