from __future__ import annotations

import pytest

from calcimetry.errors import OutputError
from calcimetry.reproduction.rows import ROWS_FILE, SCORE_COLUMNS, load_rows, save_rows
from tests.reproduction.rows import row


def test_rows_come_back_as_they_were(tmp_path):
    rows = {one.fingerprint: one for one in (row("a.png", "unet"), row("a.png", "em", None))}
    save_rows(tmp_path, rows, {"processors": 2})
    assert load_rows(tmp_path) == rows


def test_cells_are_those_of_the_columns():
    assert set(row("a.png", "unet").cells) == set(SCORE_COLUMNS)
    failed = row("a.png", "em", None).cells
    assert (failed["status"], failed["reason"]) == ("failed", "no bone was found")
    assert set(failed) <= set(SCORE_COLUMNS)


def test_a_new_folder_has_no_rows(tmp_path):
    (tmp_path / ".DS_Store").touch()
    assert load_rows(tmp_path) == {}


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(OutputError, match=r"earlier comparison, found 'thesis\.doc'"):
        load_rows(tmp_path)


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"rows": [{}]}', '{"rows": [{"score": 1, "files": []}]}']
)
def test_damaged_rows(tmp_path, text):
    (tmp_path / ROWS_FILE).write_text(text)
    with pytest.raises(OutputError, match="it is damaged, or of another version"):
        load_rows(tmp_path)
