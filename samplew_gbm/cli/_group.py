"""The group of all commands; the file of a command is loaded when the command is asked for."""

from difflib import get_close_matches
from importlib import import_module

import click

from samplew_gbm import __version__
from samplew_gbm.cli._options import examples

COMMANDS = (
    "train",
    "recommend",
    "score",
    "evaluate",
    "ablate",
    "weigh",
    "explain",
    "report",
    "doctor",
    "inspect",
    "drift",
    "export",
    "serve",
    "demo",
)
"""In the order of work; each is ``command`` in the file of its name."""


class LazyGroup(click.Group):
    """A group whose commands load nothing heavy until one of them runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or ``None``."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"samplew_gbm.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that ``args`` begin with; a misspelt one is answered with the closest."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            close = get_close_matches(name, COMMANDS, n=1)
            known = f"did you mean {close[0]!r}?" if close else f"give one of {', '.join(COMMANDS)}"
            ctx.fail(f"no command {name!r}; {known}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "samplew demo",
        "samplew train log.parquet --model model.swg",
        "samplew recommend --model model.swg -k 10 --out top.parquet",
    ),
)
@click.version_option(__version__, "-V", "--version", prog_name="samplew")
def samplew() -> None:
    """From an interaction log to recommendations by a LightGBM ranker with learned sample importance.

    Results go to stdout or to --out, messages and progress to stderr. Exit codes: 0 done, 1 unexpected
    error, 2 wrong usage, 3 data that cannot be used, 4 wrong settings or a damaged model, 130 interrupted;
    of drift also 5, something has drifted.
    """
