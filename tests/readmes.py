"""The README files of the repository: their code blocks, and the command lines in them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"(<!-- command: [^\n]*-->\s*)?^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    (?=\S)(.+?)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; behind ``<!-- command: NAME -->`` it is ``run_elsewhere``, by the check of a commit."""

    language: str
    text: str
    run_elsewhere: bool


def readmes() -> list[Path]:
    """Every README.md of the repository, the one at the top first."""
    folders = ("samplew_gbm", "native", "tests", "bench")
    below = (path for folder in folders for path in (ROOT / folder).rglob("README.md"))
    return [ROOT / "README.md", *sorted(below)]


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks in the order of the text."""
    return [Block(found[2], found[3], bool(found[1])) for found in _BLOCK.finditer(text)]


def lines_of(text: str) -> list[str]:
    """The command lines of a block, without prompts; a line may go on behind a backslash."""
    joined = re.sub(r"\\\n\s*", "", text)
    lines = (line.strip().removeprefix("$ ") for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def words_of(line: str) -> list[str]:
    """The words of a command line, without its comment."""
    return shlex.split(line, comments=True)


def samplew_words(text: str) -> list[list[str]]:
    """The words behind ``samplew`` of every such line of a block."""
    return [words_of(line)[1:] for line in lines_of(text) if line.startswith("samplew ")]


def bench_lines(text: str) -> list[str]:
    """Every ``python -m bench...`` of a README, fenced or indented."""
    indented = "\n".join(_INDENTED.findall(re.sub(r"\\\n\s*", "", text)))
    fenced = "\n".join(block.text for block in blocks_of(text))
    found = re.findall(r"python -m (bench\.[^\n&|#]+)", f"{indented}\n" + "\n".join(lines_of(fenced)))
    return [line.strip() for line in found]
