"""One kernel at a time against what it replaces; not part of the package."""
