"""Rules of the house that no linter knows."""

import ast
import inspect
from pathlib import Path

import pytest

import calcimetry
from calcimetry import errors

PACKAGE = Path(calcimetry.__file__).parent
FILES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
LIBRARY = [name for name in FILES if not name.startswith("cli/")]

#: What a library must leave to the program that uses it.
SHELL_ONLY = {
    "print",
    "input",
    "exit",
    "quit",
    "sys.exit",
    "sys.stdout.write",
    "sys.stderr.write",
    "os._exit",
    "os.environ",
    "os.getenv",
    "logging.basicConfig",
    "logging.disable",
}
#: Not our errors, but the ones Python's own protocols ask for, or a program's way to end.
PROTOCOL_ERRORS = {"__init__.py": {"AttributeError"}}
SHELL_ENDINGS = {"typer.Exit", "typer.BadParameter"}

OUR_ERRORS = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, errors.CalcimetryError)
}


def dotted(node: ast.AST) -> str:
    """`a.b.c` as text, empty for anything that is no chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (stem := dotted(node.value)):
        return f"{stem}.{node.attr}"
    return ""


def test_there_is_something_to_check():
    assert {"errors.py", "model/geometry.py", "cli/__init__.py"} <= set(FILES)
    assert len(OUR_ERRORS) > 5


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_longer_than_300_lines(name):
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library_never_prints_exits_or_reads_the_environment(name):
    used = {dotted(node) for node in ast.walk(TREES[name])}
    assert not used & SHELL_ONLY


@pytest.mark.parametrize("name", FILES)
def test_randomness_comes_only_from_a_generator_that_was_passed_or_seeded(name):
    calls = [node for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)]
    unseeded = [c.lineno for c in calls if dotted(c.func).endswith("default_rng") and not c.args]
    assert not unseeded


@pytest.mark.parametrize("name", FILES)
def test_only_errors_of_the_tree_are_raised(name):
    allowed = set(OUR_ERRORS) | PROTOCOL_ERRORS.get(name, set())
    if name.startswith("cli/"):
        allowed |= SHELL_ENDINGS
    for node in ast.walk(TREES[name]):
        if not isinstance(node, ast.Raise) or node.exc is None:
            continue
        kind = dotted(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
        # A bare name in lower case is an error caught or built elsewhere and raised again.
        known = kind in allowed or kind.removeprefix("errors.") in allowed or kind.islower()
        assert known, f"{name}:{node.lineno} raises {kind or ast.unparse(node.exc)}"


@pytest.mark.parametrize("kind", OUR_ERRORS)
def test_each_error_is_explained_and_drawn_in_the_tree(kind):
    assert OUR_ERRORS[kind].__doc__
    assert kind in errors.__doc__
    parent = OUR_ERRORS[kind].__mro__[1].__name__
    drawing = errors.__doc__.splitlines()
    assert parent == "Exception" or any(parent in line for line in drawing)


def test_the_drawn_tree_names_no_error_that_is_gone():
    drawn = [
        line.split("── ")[1].split()[0] for line in errors.__doc__.splitlines() if "── " in line
    ]
    assert sorted([*drawn, "CalcimetryError"]) == sorted(OUR_ERRORS)
