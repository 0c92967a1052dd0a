"""Values that flow through the package: logs, vocabularies, interactions, splits. No learning here."""
