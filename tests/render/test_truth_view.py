"""The sheet of a simulated hand holds the hand and its fingers."""

from PIL import Image as Picture

from calcimetry.render import truth_view
from calcimetry.render.truth_view import draw_truth


def test_hand_above_fingers(monkeypatch):
    told = []

    def hands(report, caption):
        told.append((report, caption))
        return Picture.new("RGB", (30, 20), (1, 2, 3))

    monkeypatch.setattr(truth_view, "draw_hands", hands)
    monkeypatch.setattr(
        truth_view, "draw_fingers", lambda _: Picture.new("RGB", (40, 10), (4, 5, 6))
    )
    sheet = draw_truth("report")
    assert told == [("report", "True bones and lesions")]
    assert sheet.size == (40, 30)
    assert sheet.getpixel((0, 0)) == (1, 2, 3)
    assert sheet.getpixel((39, 29)) == (4, 5, 6)
