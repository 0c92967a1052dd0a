"""``samplew export``: a model for another server."""

from pathlib import Path

import click

from samplew_gbm.cli import _options as options
from samplew_gbm.cli._matrix import opened
from samplew_gbm.cli._output import note, show_json
from samplew_gbm.cli._paths import OutputFolder
from samplew_gbm.data.folders import folder_fault


@click.command(
    "export",
    short_help="A model for another server: MLflow, ONNX, LightGBM.",
    epilog=options.examples(
        "samplew export model.swg --to mlflow --out served",
        "samplew export model.swg --to onnx --out forest --json",
        "samplew export model.swg --to lightgbm --out forest",
    ),
)
@options.input_argument("model_file", "MODEL")
@click.option(
    "--to",
    required=True,
    type=click.Choice(["mlflow", "onnx", "lightgbm"]),
    help="mlflow: pairs of user and item, or rows of a matrix, to scores, for mlflow.pyfunc. onnx, lightgbm: "
    "the ranker alone, features to scores.",
)
@click.option(
    "--out",
    required=True,
    type=OutputFolder(folder_fault),
    metavar="FOLDER",
    help="Folder to write: a new or an empty one.",
)
@options.json_option
def command(model_file: Path, to: str, out: Path, as_json: bool) -> None:
    """Write MODEL, which train wrote, into FOLDER in a form that other servers load.

    The MLflow folder holds the whole model; its server needs this package beside MLflow. The ranker alone
    needs the features computed for it: columns.json names them in their order. ONNX adds up as float32, so
    its scores differ from the seventh digit on; it needs the package onnx.
    """
    from samplew_gbm.export.exporting import export_model
    from samplew_gbm.pipeline.matrix_storage import matrix_model_in
    from samplew_gbm.pipeline.storage import model_in

    bundle, of_matrix = opened(model_file)
    files = export_model(matrix_model_in(bundle) if of_matrix else model_in(bundle), to, out)
    note(f"wrote {', '.join(files)} to {out}")
    if as_json:
        show_json({"out": out, "to": to, "files": files})
