"""Every README: the commands it names exist and parse, its commands and its Python run.

The blocks of a README run in one folder, in the order of the text, on the files of ``tests/shop_files.py``. A
block behind ``<!-- command: NAME -->`` belongs to the checks of a commit and is not run here. Of ``pip
install`` lines the extras are checked, of benchmark lines that they exist and know their options; a line for
PostgreSQL and one that serves, which have tests of their own, are parsed only. ``ablate`` trains each model
once, not three times: means over seeds are the matter of ``tests/test_ablation.py``.
"""

import contextlib
import re
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

from samplew_gbm.cli import run
from samplew_gbm.cli._group import COMMANDS, samplew
from tests.readmes import ROOT, bench_lines, blocks_of, lines_of, readmes, samplew_words, words_of
from tests.shop_files import write_shop

READMES = readmes()
NAMES = [str(path.relative_to(ROOT)) for path in READMES]
PARSED_ONLY = {"demo", "serve"}
SHORTER = {"ablate": ["--seeds", "1"]}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

each_readme = pytest.mark.parametrize("path", READMES, ids=NAMES)


def parse(words: list[str]) -> None:
    command = samplew.get_command(click.Context(samplew), words[0])
    assert command is not None, words
    with contextlib.suppress(click.exceptions.Exit):  # of --help
        command.make_context(words[0], words[1:])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the READMEs speak of; it is the current one."""
    monkeypatch.chdir(tmp_path)
    write_shop(tmp_path)
    return tmp_path


def run_line(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = words_of(line)
    if words[0] == "samplew":
        if words[1] not in PARSED_ONLY and not any(word.startswith("postgresql:") for word in words):
            assert run([*words[1:], *SHORTER.get(words[1], [])]) == 0, (line, capsys.readouterr().err)
    elif "pip" in words:
        named = re.findall(r"\[([\w,]+)\]", line)
        assert {extra for group in named for extra in group.split(",")} <= set(EXTRAS), line
    elif words[:2] != ["python", "-m"]:
        done = subprocess.run(["bash", "-euc", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stderr)


@each_readme
def test_every_command_named_in_the_text_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`samplew ([a-z][\w-]*)", text)
    named += [words[0] for block in blocks_of(text) for words in samplew_words(block.text)]
    assert {name for name in named if not name.startswith("-")} <= set(COMMANDS)


@each_readme
def test_every_command_line_parses(path: Path, shop: Path) -> None:
    for block in blocks_of(path.read_text(encoding="utf-8")):
        for words in samplew_words(block.text):
            if not words[0].startswith("-"):
                parse(words)


@each_readme
def test_the_blocks_run_in_their_order(path: Path, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in blocks_of(path.read_text(encoding="utf-8")):
        if block.run_elsewhere:
            continue
        if block.language == "python":
            exec(compile(block.text, str(path), "exec"), names)
        elif block.language == "sh":
            for line in lines_of(block.text):
                run_line(line, capsys)


@each_readme
def test_every_benchmark_line_names_a_file_and_its_options(path: Path) -> None:
    sources = "\n".join(file.read_text() for file in (ROOT / "bench").rglob("*.py"))
    for line in bench_lines(path.read_text(encoding="utf-8")):
        module, *words = words_of(line)
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), line
        options = [word for word in words if word.startswith("--")]
        assert all(f'"{option}"' in sources for option in options), line


@each_readme
def test_every_path_of_the_repository_it_names_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    places = re.findall(r"`((?:samplew_gbm|native|tests|bench)/[\w./-]*)`", text)
    homes = (ROOT, path.parent)
    real = [place for place in places if "NAME" not in place]
    assert [place for place in real if not any((home / place).exists() for home in homes)] == []


def test_the_finder_of_blocks_sees_them() -> None:
    hidden_block = "<!-- command: test -->\n```sh\npip install .\n```\n"
    shown_block = "```sh\n$ samplew train a \\\n  --model 'b c'  # x\nls\n```\n"
    text = f"{hidden_block}so\n{shown_block}"
    (hidden, shown) = blocks_of(text)
    assert hidden.run_elsewhere
    assert not shown.run_elsewhere
    assert samplew_words(shown.text) == [["train", "a", "--model", "b c"]]
    assert lines_of(shown.text)[1] == "ls"
    with pytest.raises(click.UsageError):
        parse(["train", "a", "--modle", "b"])


def test_the_finder_of_benchmark_lines_sees_them() -> None:
    indented = "    pip install . && python -m bench.run A \\\n        --out x.json\n"
    text = f"{indented}```sh\npython -m bench.shop\n```\n"
    assert bench_lines(text) == ["bench.run A --out x.json", "bench.shop"]


def test_a_line_that_fails_is_noticed(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("false", "pip install 'samplew_gbm[no_such]'", "samplew train nothing.csv --model a.swg"):
        with pytest.raises(AssertionError):
            run_line(line, capsys)
