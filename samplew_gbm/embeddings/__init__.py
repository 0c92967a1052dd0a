"""Learners of item tables: embeddings three ways, linear item models, a graph filter, co-visitation."""
