"""LightGBM, trained and scored; it is imported where it is needed.

Its import takes longer than all else that a command which only scores does before its first row.
"""

import os

# Waiting OpenMP threads spin by default, which on a shared machine slows training tenfold. It is read when
# the first OpenMP library is loaded, so it is said here, before any file of this room can load one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
