import importlib

from calcimetry.store import migrations


def test_what_alembic_runs_does_nothing_when_it_is_only_imported():
    assert importlib.import_module(f"{migrations.__name__}.env").__doc__
