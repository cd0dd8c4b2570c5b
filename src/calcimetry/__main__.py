"""``python -m calcimetry``: the command line, also where its script is not on the path."""

from calcimetry.cli.main import app

if __name__ == "__main__":
    app(prog_name="calcimetry")
