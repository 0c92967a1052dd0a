#!/usr/bin/env python3
"""Install the package with every extra that ships into a fresh environment; fail if any of it is Rust.

Usage: check_no_rust.py PROJECT      resolve, install and inspect
       check_no_rust.py --site DIR   inspect an existing site-packages folder
       check_no_rust.py --self-test  prove on planted folders that each rule can fail

A distribution is Rust when its name is known to be, when it installed Cargo files or Rust sources, or when
one of its binaries holds a string that the Rust compiler or runtime leaves behind. Standard library only.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

DEVELOPMENT_EXTRAS = {"test", "dev", "bench"}
KNOWN_RUST = {
    "bentoml", "cramjam", "cryptography", "fastapi", "fastparquet", "feast", "granian", "jsonschema",
    "kserve", "lenskit", "maturin", "mlflow", "orjson", "polars", "polars-runtime-32",
    "polars-runtime-64", "pydantic", "pydantic-core", "robyn", "rpds-py", "ruff", "safetensors",
    "timber-compiler", "tokenizers", "uv", "watchfiles",
}  # fmt: skip
RUST_STRINGS = (b"/rustc/", b"rust_begin_unwind", b"rust_panic")
# ELF, PE, archive, Mach-O
BINARY_STARTS = (b"\x7fELF", b"MZ", b"!<arch>", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
CARGO = re.compile(r"(^|/)(Cargo\.(toml|lock)|[^/]+\.rs)$")


def shipped_extras(project: Path) -> list[str]:
    """The optional groups a user may install: all but those for development."""
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    return sorted(set(metadata.get("optional-dependencies", {})) - DEVELOPMENT_EXTRAS)


def install(project: Path, folder: Path) -> Path:
    """A virtual environment in ``folder`` with the project and its extras; its site-packages."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    extras = shipped_extras(project)
    wanted = f"{project}[{','.join(extras)}]" if extras else str(project)
    print(f"installing the package with {', '.join(extras) or 'no extras (none ship)'}", flush=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, wanted], check=True)
    code = "import sysconfig; print(sysconfig.get_path('platlib'))"
    return Path(subprocess.check_output([python, "-c", code], text=True).strip())


def is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8).startswith(BINARY_STARTS)


def rust_strings(path: Path) -> list[str]:
    content = path.read_bytes()
    return [mark.decode() for mark in RUST_STRINGS if mark in content]


def findings_of(distribution: Distribution) -> Iterator[str]:
    """Why the name and the list of files of one distribution say Rust."""
    name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
    if name in KNOWN_RUST:
        yield f"{name}: known to carry Rust"
    for file in distribution.files or ():
        if CARGO.search(file.as_posix()):
            yield f"{name}: installed {file.as_posix()}"


def inspect(site: Path) -> tuple[int, int, list[str]]:
    """Number of distributions, number of binaries, and a line for each sign of Rust."""
    found: list[str] = []
    installed = list(distributions(path=[str(site)]))
    paths = {path.resolve() for path in site.rglob("*")}
    for distribution in installed:
        found += findings_of(distribution)
        # Programs lie outside site-packages: only the list of files leads to them.
        paths |= {Path(str(distribution.locate_file(file))).resolve() for file in distribution.files or ()}
    binaries = sorted(path for path in paths if path.is_file() and is_binary(path))
    for path in binaries:
        found += [f"{path}: holds {mark!r}" for mark in rust_strings(path)]
    return len(installed), len(binaries), found


def plant(site: Path, name: str, file: str, content: bytes) -> None:
    """A distribution of one file, as pip would leave it."""
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"{file},,\n")
    (site / file).parent.mkdir(parents=True, exist_ok=True)
    (site / file).write_bytes(content)


def self_test() -> None:
    """Each planted sign must be found, and a clean folder must stay clean."""
    cases = [
        ("plain", "plain/_core.so", b"\x7fELF compiled by gcc", 0),
        ("Pydantic_Core", "core.py", b"", 1),
        ("crate", "crate/Cargo.lock", b"", 1),
        ("source", "source/lib.rs", b"", 1),
        *(
            (f"linked{i}", f"linked{i}/_core.abi3.so", b"\x7fELF\x00" + mark, 1)
            for i, mark in enumerate(RUST_STRINGS)
        ),
        ("program", "../bin/program", b"\x7fELF /rustc/0123/library/core", 1),
    ]
    for name, file, content, expected in cases:
        with tempfile.TemporaryDirectory() as folder:
            site = Path(folder) / "site-packages"
            plant(site, name, file, content)
            names, _, found = inspect(site)
            if (names, len(found)) != (1, expected):
                raise SystemExit(f"self-test: {name} should give {expected} findings, gave {found}")
    print(f"self-test: {len(cases)} planted folders judged rightly")


def main() -> None:
    parser = argparse.ArgumentParser(description="Fail if anything that ships is written in Rust.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("project", nargs="?", type=Path)
    which.add_argument("--site", type=Path)
    which.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    with tempfile.TemporaryDirectory() as folder:
        site = arguments.site or install(arguments.project.resolve(), Path(folder) / "venv")
        names, binaries, found = inspect(site)
    if names == 0:
        raise SystemExit(f"no distribution is installed in {site}")
    print(f"{names} distributions, {binaries} binaries, {len(found)} signs of Rust")
    if found:
        raise SystemExit("\n".join(found))
    return None


if __name__ == "__main__":
    main()
