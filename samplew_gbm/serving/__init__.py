"""The HTTP service: recommendations, scores and feedback of one model."""
