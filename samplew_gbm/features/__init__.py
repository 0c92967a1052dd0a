"""Feature blocks, each leak-free by itself, and the matrix that they make."""
