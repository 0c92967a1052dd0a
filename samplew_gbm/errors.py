"""Every error the package raises on purpose, and the exit code that the command line gives it.

A message is one line: it names the file, column, row or argument, and says what to do.
"""


class SamplewError(Exception):
    """Base of all errors raised on purpose."""

    exit_code = 1


class DataError(SamplewError, ValueError):
    """A log, pair file or matrix cannot be used as it is; a ``ValueError`` too, as scikit-learn wants it."""

    exit_code = 3


class SchemaError(DataError):
    """A column is missing, doubled or of a type that cannot be read."""


class UnknownIdError(DataError):
    """An id was asked for by name that the model has never seen."""


class SettingsError(SamplewError):
    """An option has a value, or a combination of values, that cannot work."""

    exit_code = 4


class ParameterError(SettingsError, ValueError):
    """The same of a parameter of an estimator; a ``ValueError`` too, as scikit-learn wants it."""


class BundleError(SamplewError):
    """A saved model is damaged, of another kind, or from a newer version."""

    exit_code = 4


class NativeError(SamplewError):
    """The C core reported a failure that is not the caller's fault."""
