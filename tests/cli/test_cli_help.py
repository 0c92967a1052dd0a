"""Help, usage errors and the lazy names of the package."""

import os
import shlex
from pathlib import Path

import click
import pytest

import samplew_gbm
from samplew_gbm.cli._group import COMMANDS, samplew
from tests.cli.cli_calls import Called, call, call_apart

REQUIRED = {
    "train": ["log.parquet", "--model", "m.swg"],
    "recommend": ["--model", "m.swg", "--out", "top.csv"],
    "score": ["pairs.csv", "--model", "m.swg", "--out", "scored.csv"],
    "evaluate": ["--model", "m.swg", "--test", "test.csv"],
    "ablate": ["log.parquet"],
    "weigh": ["log.parquet", "--out", "weighted.csv"],
    "explain": ["log.parquet", "--row", "17"],
    "report": ["log.parquet", "--out", "findings"],
    "doctor": ["log.parquet"],
    "inspect": ["m.swg"],
    "drift": ["m.swg", "log.parquet"],
    "export": ["m.swg", "--to", "onnx", "--out", "served"],
    "serve": ["--model", "m.swg"],
    "demo": [],
}


def command_named(name: str) -> click.Command:
    command = samplew.get_command(click.Context(samplew), name)
    assert command is not None
    return command


def test_help_lists_every_command() -> None:
    called = call("--help")
    assert (called.code, called.err) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in called.out
    assert call().out == called.out


def test_version() -> None:
    assert call("--version").out == f"samplew, version {samplew_gbm.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples_that_parse(name: str, folder: Path) -> None:
    called = call(name, "--help")
    assert called.code == 0
    assert "..." not in command_named(name).get_short_help_str()
    lines = [line.strip() for line in called.out.splitlines()]
    shown = [line for line in lines if line.startswith(f"samplew {name}")]
    assert shown
    for line in shown:
        words = shlex.split(line)[2:]
        assert command_named(name).make_context(name, words).params


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_an_unknown_option(name: str, folder: Path) -> None:
    called = call(name, *REQUIRED[name], "--no-such-thing")
    assert called.code == 2
    assert "--no-such-thing" in called.error()
    assert f"see samplew {name} --help" in called.error()


@pytest.mark.parametrize("name", [name for name in COMMANDS if REQUIRED[name]])
def test_every_command_names_what_is_missing(name: str) -> None:
    called = call(name)
    assert called.code == 2
    assert "Missing" in called.error()


def test_a_misspelt_command_is_answered_with_the_closest() -> None:
    assert call("trian").error() == (
        "samplew: error: no command 'trian'; did you mean 'train'?; see samplew --help"
    )
    assert "give one of train, recommend" in call("qqq").error()


@pytest.mark.parametrize("option", ["--threads=0", "--threads=x"])
def test_a_number_of_threads_is_checked(option: str, folder: Path) -> None:
    assert call("train", *REQUIRED["train"], option).code == 2


@pytest.mark.parametrize("k", ["0", "-3", "ten"])
def test_k_is_checked(k: str, folder: Path) -> None:
    assert "'-k'" in call("recommend", *REQUIRED["recommend"], "-k", k).error()


def test_completion_is_there_for_shells() -> None:
    typed = {"_SAMPLEW_COMPLETE": "bash_complete", "COMP_WORDS": "samplew tr", "COMP_CWORD": "1"}
    assert call_apart(env=os.environ | typed) == Called(0, "plain,train\n", "")


def test_public_names_are_those_of_their_homes() -> None:
    for name in samplew_gbm.__all__:
        assert getattr(samplew_gbm, name).__name__ == name
        assert name in dir(samplew_gbm)


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        samplew_gbm.trian  # noqa: B018
