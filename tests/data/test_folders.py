"""A folder of results is whole or not there."""

from pathlib import Path

import pytest

from samplew_gbm.data.folders import folder_fault, whole_folder
from samplew_gbm.errors import DataError


@pytest.mark.parametrize("exists", [False, True])
def test_it_is_there_once_the_block_has_ended(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "out"
    if exists:
        folder.mkdir()
    with whole_folder(folder) as draft:
        (draft / "a").write_text("1")
        assert not (folder / "a").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (folder / "a").read_text() == "1"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError(28, "No space left on device")])
def test_after_an_error_nothing_is_left(tmp_path: Path, error: type[BaseException]) -> None:
    def fill() -> None:
        with whole_folder(tmp_path / "out") as draft:
            (draft / "a").write_text("1")
            raise error

    with pytest.raises((KeyboardInterrupt, ValueError, DataError)):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_a_message_names_the_folder_and_not_the_draft(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught, whole_folder(tmp_path / "out") as draft:
        raise DataError(f"{draft / 'a'}: cannot be written")
    assert str(caught.value) == f"{tmp_path / 'out' / 'a'}: cannot be written"


def test_nothing_of_anothers_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("1")
    (tmp_path / "file").write_text("1")
    assert "not empty" in (folder_fault(tmp_path / "full") or "")
    assert "is a file" in (folder_fault(tmp_path / "file") or "")
    assert "there is no folder" in (folder_fault(tmp_path / "no" / "out") or "")
    with pytest.raises(DataError, match="not empty"), whole_folder(tmp_path / "full"):
        pass
    assert (tmp_path / "full" / "mine").read_text() == "1"
