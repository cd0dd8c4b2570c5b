"""The configuration that the how-to shows is one that can be used."""

import re

from calcimetry.node.configuration_file import read_configuration


def test_what_is_shown_can_be_read(root, tmp_path):
    page = (root / "docs/how-to/run-a-node.md").read_text(encoding="utf-8")
    (tmp_path / "archive-token").write_text("Bearer 3f9c\n")
    (tmp_path / "node.toml").write_text("\n".join(re.findall(r"(?ms)^```toml\n(.*?)^```", page)))
    settings = read_configuration(tmp_path / "node.toml")
    assert [one.name for one in settings.destinations] == ["pacs", "archive"]
    assert settings.database_url.startswith("postgresql://")
    assert (settings.completeness.stable_s, settings.completeness.instances) == (60.0, 0)
    assert (settings.worker.memory_mb, settings.worker.seconds) == (8000.0, 3600.0)
    assert (settings.worker.attempts, settings.delivery.attempts) == (3, 10)
    assert (settings.dicom.port, settings.web.port) == (11112, 8042)
