"""README: every command it names exists and parses, its commands and its Python run.

They run in one folder, in the order of the text, on a small shop: ``log.parquet`` (``log.csv``),
``later.parquet`` (``later.csv``), ``pairs.csv`` (``pairs.parquet``) and ``users.csv``. A block behind
``<!-- command: NAME -->`` belongs to the checks of a commit and is not run here.
"""

import contextlib
import re
import shlex
from pathlib import Path

import click
import pytest

from samplew_gbm.cli import run
from samplew_gbm.cli._group import COMMANDS, samplew
from samplew_gbm.data.simulate import simulate_shop
from samplew_gbm.data.writing import write_table

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"(<!-- command: [^\n]*-->\s*)?^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [(found[2], found[3]) for found in _BLOCK.finditer(README) if not found[1]]
SLOW = ("demo",)


def commands_in(text: str) -> list[list[str]]:
    """The words of every ``samplew`` line; a line may go on behind a backslash."""
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line.strip().removeprefix("$ ") for line in joined.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("samplew ")]


def parse(words: list[str]) -> None:
    command = samplew.get_command(click.Context(samplew), words[0])
    assert command is not None, words
    with contextlib.suppress(click.exceptions.Exit):  # of --help
        command.make_context(words[0], words[1:])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that README speaks of; it is the current one."""
    monkeypatch.chdir(tmp_path)
    log = simulate_shop(60, 90, 2400, random_state=2).log
    for ending in ("parquet", "csv"):
        write_table(log.slice(0, 2000), tmp_path / f"log.{ending}")
        write_table(log.slice(2000), tmp_path / f"later.{ending}")
        write_table(log.slice(0, 50).select(["user_id", "item_id"]), tmp_path / f"pairs.{ending}")
    write_table(log.slice(0, 3).select(["user_id"]), tmp_path / "users.csv")
    return tmp_path


def test_every_command_named_in_the_text_exists() -> None:
    named = re.findall(r"`samplew ([a-z][\w-]*)", README)
    named += [words[0] for _, text in BLOCKS for words in commands_in(text) if words[0] != "--help"]
    assert set(named) <= set(COMMANDS)


def test_every_command_line_parses(shop: Path) -> None:
    for _, text in BLOCKS:
        for words in commands_in(text):
            if not words[0].startswith("-"):
                parse(words)


def test_the_blocks_run_in_their_order(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, "README.md", "exec"), names)
        for words in commands_in(text):
            if words[0] not in SLOW:
                assert run(words) == 0, (words, capsys.readouterr().err)


def test_the_finder_of_blocks_sees_them() -> None:
    hidden_block = "<!-- command: test -->\n```sh\npip install .\n```\n"
    shown_block = "```sh\n$ samplew train a \\\n  --model 'b c'  # x\nls\n```\n"
    text = f"{hidden_block}so\n{shown_block}"
    (hidden, shown) = _BLOCK.finditer(text)
    assert hidden[1]
    assert not shown[1]
    assert commands_in(shown[3]) == [["train", "a", "--model", "b c"]]
    with pytest.raises(click.UsageError):
        parse(["train", "a", "--modle", "b"])
