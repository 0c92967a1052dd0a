"""Checking where a result goes before the work begins, so that no work is lost to a slip."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

import click
from click.core import ParameterSource

from samplew_gbm.data.database_url import DatabaseUrl, is_database_url, parse_database_url
from samplew_gbm.errors import SettingsError

Source: TypeAlias = Path | DatabaseUrl
BUNDLE_ENDING = ".swg"

if TYPE_CHECKING:
    PathType = click.ParamType[Path]  # generic only since Click 8.4
    SourceType = click.ParamType[Source]
else:
    PathType = SourceType = click.ParamType

TABLE_ENDINGS = (
    ".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz",
)  # fmt: skip


class InputSource(SourceType):
    """What is read: a file, a folder, or a table or query of a database."""

    name = "source"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Source:
        """The path or address; a usage error that says what is wrong with an address."""
        if isinstance(value, Path | DatabaseUrl):
            return value
        if not is_database_url(str(value)):
            return Path(str(value))
        try:
            return parse_database_url(str(value))
        except SettingsError as error:
            self.fail(str(error), param, ctx)


class OutputFile(PathType):
    """A file to write: in a folder that exists and can be written, not a folder itself.

    With ``endings`` its name must end in one of them.
    """

    name = "file"

    def __init__(self, endings: tuple[str, ...] = ()) -> None:
        self.endings = endings

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; a usage error that says what is wrong with it."""
        path = Path(str(value))
        if self.endings and not path.name.lower().endswith(self.endings):
            self.fail(
                f"{path}: unknown kind of file; its name must end in {', '.join(self.endings)}", param, ctx
            )
        fault = _fault(path)
        if fault:
            self.fail(f"{path}: {fault}", param, ctx)
        return path


class OutputFolder(PathType):
    """A folder to write; ``fault`` says why a path cannot become one, or ``None``."""

    name = "folder"

    def __init__(self, fault: Callable[[Path], str | None]) -> None:
        self.fault = fault

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; a usage error that says what is wrong with it."""
        path = Path(str(value))
        fault = self.fault(path)
        if fault:
            self.fail(f"{path}: {fault}", param, ctx)
        return path


def _fault(path: Path) -> str | None:
    folder = Path(os.path.realpath(path)).parent
    if path.is_dir():
        return "is a folder; name a file in it"
    if not folder.is_dir():
        return f"there is no folder {folder}; create it first"
    if not os.access(folder, os.W_OK | os.X_OK) and not _is_device(path):
        return f"the folder {folder} cannot be written; choose another"
    return None


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


def is_model(source: Source) -> TypeGuard[Path]:
    """Whether a source is a model, by its first bytes.

    One that is only named like a model is one too, so that its reader says what is wrong with it.
    """
    from samplew_gbm.bundle import is_bundle

    return isinstance(source, Path) and (is_bundle(source) or source.name.lower().endswith(BUNDLE_ENDING))


def source_name(source: Source) -> str:
    """What a source is called, without where it lies."""
    return source.resolve().name if isinstance(source, Path) else source.name


def refuse_overwriting(out: Path, *inputs: Source | None) -> None:
    """A usage error when the result would replace one of the files it is made from."""
    for source in inputs:
        path = Path(source.file) if isinstance(source, DatabaseUrl) and source.file else source
        if isinstance(path, Path) and path.exists() and out.exists() and out.samefile(path):
            raise click.UsageError(f"{out} is also read; write to another file", click.get_current_context())


def checked_out(kind: PathType, path: Path) -> Path:
    """``--out`` as ``kind``, for a command that learns from its input what that must be."""
    context = click.get_current_context()
    option = next(each for each in context.command.params if each.name == "out")
    return kind.convert(path, option, context)


def is_given(name: str) -> bool:
    """Whether the option of this parameter of the current command was given."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def refuse_options(names: Iterable[str], why: str) -> None:
    """A usage error when one of these options of the current command was given."""
    context = click.get_current_context()
    for option in context.command.params:
        if option.name in names and is_given(option.name):
            raise click.UsageError(f"{option.opts[0]}: {why}", context)
