"""The LightGBM ranker: the only room that knows it."""
