import warnings

import pytest


@pytest.fixture(autouse=True)
def _quiet_trainer():
    # Lightning and the ONNX exporter warn about matters of their own.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
