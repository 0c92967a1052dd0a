"""``samplew serve``: recommendations over HTTP."""

from pathlib import Path

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._output import note, show_json
from samplew_gbm.cli._paths import OutputFile
from samplew_gbm.cli._side import SideFiles, arrival_options, join_arrivals
from samplew_gbm.columns import ColumnNames
from samplew_gbm.progress import Progress

_OWN = ("127.0.0.1", "::1", "localhost")


@click.command(
    "serve",
    short_help="Recommend and score over HTTP, and take feedback.",
    epilog=options.examples(
        "samplew serve --model model.swg",
        "samplew serve --model model.swg --feedback feedback.sqlite --api-keys keys.txt --port 8080",
        "samplew serve --model model.swg --items todays-items.csv",
    ),
)
@options.model_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    metavar="N",
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--feedback",
    type=OutputFile(),
    metavar="FILE",
    help="SQLite file to keep feedback in; it is made where there is none.  [default: no feedback is taken]",
)
@click.option(
    "--api-keys",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The SHA-256 of each key that is let in, a line each.  [default: everybody is]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest time for a request to arrive, and for its answer.",
)
@click.option(
    "--max-body",
    type=click.IntRange(min=1),
    default=1 << 20,
    show_default=True,
    metavar="BYTES",
    help="Largest body of a request.",
)
@arrival_options
@options.id_column_options
@options.threads_option
@options.json_option
def command(
    bundle: Path,
    host: str,
    port: int,
    feedback: Path | None,
    api_keys: Path | None,
    timeout: float,
    max_body: int,
    arrivals: SideFiles,
    columns: ColumnNames,
    threads: int | None,
    as_json: bool,
) -> None:
    """Answer requests for recommendations and scores with a model, until Ctrl-C or SIGTERM.

    Feedback is acknowledged once it is on disk, and changes the next answer. SIGHUP loads the model file
    again, and the files of --items, --item-vectors and --user-vectors: the new model takes the place of the
    old one only when all of them can be used. /openapi.json describes the requests.
    """
    from samplew_gbm.pipeline import Model, load_model
    from samplew_gbm.serving.app import Limits
    from samplew_gbm.serving.server import ServerOptions, serve

    def load() -> Model:
        return join_arrivals(load_model(bundle), arrivals, columns, Progress())

    def started(address: str) -> None:
        if api_keys is None and host not in _OWN:
            note("whoever can reach this address may ask and send feedback; --api-keys FILE lets in a few")
        note(f"serving {bundle} on {address}; Ctrl-C ends it")
        if as_json:
            show_json({"model": bundle, "address": address})

    serve(
        ServerOptions(
            load=load,
            host=host,
            port=port,
            feedback=feedback,
            api_keys=api_keys,
            n_threads=threads,
            limits=Limits(max_body, timeout),
        ),
        started,
    )
    note("stopped; all that was acknowledged is kept")
