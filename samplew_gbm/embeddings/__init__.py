"""Learners of item tables: embeddings three ways, the linear item models, co-visitation."""
