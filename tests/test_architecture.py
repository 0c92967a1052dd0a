"""Who may import whom, where each heavy package lives, how long a file may grow: held by walking the AST."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "samplew_gbm"
LONGEST_FILE = 450

# Rooms from the bottom up; a room may import the rooms of lower layers.
LAYERS = [
    {"columns", "errors", "settings", "runtime", "progress"},
    {"native", "kernels"},
    {"data"},
    {"embeddings", "importance", "candidates", "features", "ranking", "evaluation"},
    {"pipeline", "estimator", "ablation", "explain", "report", "bundle", "demonstration", "drift", "export"},
    {"cli", "serving", "__init__", "__main__"},
]
# In these layers rooms share values of data/ only and never import each other.
STRANGERS = LAYERS[3]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

# Where an outside package may be imported: rooms, or single files of a room.
HOMES = {
    f"{PACKAGE}._native": {"native"},
    "lightgbm": {"ranking"},
    "dask": {"ranking/distributed"},
    "distributed": {"ranking/distributed"},
    "pyarrow": {"data", "bundle", "pipeline", "export/mlflow", "serving/answers"},
    "onnx": {"export/onnx"},
    "adbc_driver_sqlite": {"data/sql_connection"},
    "adbc_driver_postgresql": {"data/sql_connection"},
    "click": {"cli"},
    "uvicorn": {"serving/server"},
    "uvloop": {"serving/server"},
    "httptools": {"serving/server"},
    "prometheus_client": {"serving/metrics"},
    "numba": {"kernels"},
    "sklearn": {"estimator"},
    "scipy": {room for room, level in LEVEL.items() if level < LEVEL["pipeline"]},
    "mlflow": set(),
    "torch": set(),
    "implicit": set(),
    "pandas": set(),
    "polars": set(),
}
HEAVY = {"lightgbm", "sklearn", "numba", "scipy", "pyarrow", "pandas", "dask", "joblib"}
LIGHT_ENTRANCES = ("__init__", "cli/__init__", "__main__")


@dataclass(frozen=True)
class Import:
    """``name`` is the dotted name imported; ``eager`` when importing the file runs it."""

    name: str
    line: int
    eager: bool


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).removeprefix("typing.") == "TYPE_CHECKING"


def imports_of(path: Path, package: Path) -> Iterator[Import]:
    """Every import of one file, relative ones resolved; ``from a import b`` counts as ``a.b``."""

    def walk(node: ast.AST, eager: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, eager) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = (package.name, *path.relative_to(package).parent.parts)
            stem = list(parents[: len(parents) - node.level + 1]) if node.level else []
            base = ".".join([*stem, *([node.module] if node.module else [])])
            yield from (Import(f"{base}.{alias.name}", node.lineno, eager) for alias in node.names)
        inner = eager and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, inner and not is_type_checking(node))

    return walk(ast.parse(path.read_text(encoding="utf-8")), True)


def within(name: str, parent: str) -> bool:
    return name == parent or name.startswith(parent + ".")


def layer_violation(place: str, name: str) -> str | None:
    """Why the file ``place`` (such as ``data/sources``) may not import the package's own ``name``."""
    room, _, target = place.partition("/")[0], *name.partition(".")[1:]
    target = target.partition(".")[0]
    if target not in LEVEL or target == room or target == "__init__":
        return None  # a name of the package itself, or the room's own
    if room in STRANGERS and target in STRANGERS:
        return f"{room} and {target} never import each other; share a value of data/"
    if LEVEL[target] > LEVEL[room]:
        return f"{room} lies below {target}"
    return None


def home_violation(place: str, name: str) -> str | None:
    for outside, homes in HOMES.items():
        if within(name, outside) and not {place, place.partition("/")[0]} & homes:
            return f"{outside} belongs to {', '.join(sorted(homes)) or 'no room of the package'}"
    return None


def import_violations(package: Path) -> list[str]:
    found = []
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package).with_suffix("").as_posix()
        if place.partition("/")[0] not in LEVEL:
            found.append(f"{place}: has no layer; give it one in LAYERS")
            continue
        for item in imports_of(path, package):
            own = within(item.name, package.name)
            reasons = (layer_violation(place, item.name) if own else None, home_violation(place, item.name))
            found += [f"{place}:{item.line}: imports {item.name}: {why}" for why in reasons if why]
    return found


def files_run_by(name: str, package: Path) -> Iterator[Path]:
    """The files of the package that importing the dotted ``name`` runs: its parents' and its own."""
    parts = name.split(".")[1:]
    for depth in range(len(parts) + 1):
        stem = package.joinpath(*parts[:depth])
        yield from (file for file in (stem / "__init__.py", stem.with_suffix(".py")) if file.is_file())


def heavy_chains(package: Path) -> list[str]:
    """How each heavy package is loaded by merely importing an entrance, if it is."""
    found = []
    for entrance in LIGHT_ENTRANCES:
        todo = [(package / f"{entrance}.py", entrance)]
        seen = set()
        while todo:
            path, chain = todo.pop()
            if path in seen or not path.is_file():
                continue
            seen.add(path)
            for item in imports_of(path, package):
                if item.eager and item.name.partition(".")[0] in HEAVY:
                    found.append(f"{chain} > {item.name}")
                elif item.eager and within(item.name, package.name):
                    todo += [(file, f"{chain} > {item.name}") for file in files_run_by(item.name, package)]
    return found


def long_files(root: Path) -> list[str]:
    folders = (PACKAGE, "native", "tests", "bench")
    paths = [
        path
        for folder in folders
        for path in (root / folder).rglob("*")
        if path.suffix in {".py", ".c", ".h"}
    ]
    lengths = {path: path.read_bytes().count(b"\n") for path in paths}
    return [f"{path.relative_to(root)}: {n} lines" for path, n in lengths.items() if n > LONGEST_FILE]


def test_imports_keep_to_layers_and_homes() -> None:
    assert import_violations(ROOT / PACKAGE) == []


def test_entrances_load_nothing_heavy() -> None:
    assert heavy_chains(ROOT / PACKAGE) == []


def test_files_stay_short() -> None:
    assert long_files(ROOT) == []


def plant(root: Path, file: str, text: str) -> Path:
    """A package with the one line ``text`` in ``file`` and the files that importing needs."""
    package = root / PACKAGE
    for name in ("__init__.py", "data/__init__.py", "cli/__init__.py", file):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    (package / file).write_text(text + "\n")
    return package


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("data/split.py", "from samplew_gbm.pipeline import fit", "data lies below pipeline"),
        ("data/split.py", "from samplew_gbm import pipeline", "data lies below pipeline"),
        ("data/split.py", "from ..features import base", "data lies below features"),
        ("data/split.py", "def f():\n    import samplew_gbm.cli.main", "data lies below cli"),
        ("errors.py", "import samplew_gbm.native", "errors lies below native"),
        ("features/base.py", "from samplew_gbm.candidates.base import x", "never import each other"),
        ("data/sources.py", "from samplew_gbm import _native", "belongs to native"),
        ("pipeline.py", "import lightgbm as lgb", "belongs to ranking"),
        ("ranking/ranker.py", "import dask.array", "belongs to ranking/distributed"),
        ("features/base.py", "import pyarrow.parquet as pq", "belongs to bundle, data, export/mlflow"),
        ("data/sources.py", "from click import echo", "belongs to cli"),
        ("features/base.py", "from numba import njit", "belongs to kernels"),
        ("pipeline.py", "import scipy.sparse", "belongs to"),
        ("pipeline.py", "from sklearn.base import clone", "belongs to estimator"),
        ("data/sources.py", "def f():\n    import pandas", "no room"),
        ("oddments.py", "", "has no layer"),
    ],
)
def test_a_planted_import_is_found(tmp_path: Path, file: str, text: str, reason: str) -> None:
    (violation,) = import_violations(plant(tmp_path, file, text))
    assert reason in violation


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "pipeline.py",
            "from samplew_gbm.data import sources\nimport pyarrow\nfrom samplew_gbm.bundle import x",
        ),
        ("native.py", "from samplew_gbm import _native\nfrom samplew_gbm.errors import NativeError"),
        (
            "kernels/attention.py",
            "import numba\nfrom .segments import softmax\nfrom ..runtime import run_blocks",
        ),
        ("ranking/distributed.py", "import dask\nimport lightgbm\nimport scipy"),
        ("cli/serve.py", "import click\nfrom samplew_gbm import __version__, serving"),
    ],
)
def test_a_rightful_import_is_not(tmp_path: Path, file: str, text: str) -> None:
    assert import_violations(plant(tmp_path, file, text)) == []


@pytest.mark.parametrize(
    "text",
    ["import sklearn.base", "try:\n    import joblib\nexcept ImportError: ...", "class A:\n    import scipy"],
)
def test_a_planted_heavy_import_is_found_through_a_chain(tmp_path: Path, text: str) -> None:
    package = plant(tmp_path, "data/__init__.py", text)
    (package / "data/sources.py").touch()
    (package / "cli/__init__.py").write_text("from samplew_gbm.data.sources import read\n")
    (chain,) = heavy_chains(package)
    assert chain.startswith("cli/__init__ > samplew_gbm.data.sources.read > ")


def test_late_and_typing_imports_are_light(tmp_path: Path) -> None:
    late = (
        "from typing import TYPE_CHECKING\ndef f():\n    import numba\nif TYPE_CHECKING:\n    import pyarrow"
    )
    assert heavy_chains(plant(tmp_path, "__init__.py", late)) == []


def test_a_long_file_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "data/long.py", "\n" * LONGEST_FILE)
    assert long_files(tmp_path) == ["samplew_gbm/data/long.py: 451 lines"]
