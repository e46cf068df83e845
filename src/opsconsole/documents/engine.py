"""Fills in templates: a team's own where its folder has one, else the built-in; mistakes are named with their line.

Jinja2 is imported at the first use. A template gets only what is clean already.
"""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.reading import ProblemKind
from .errors import DocumentError

if TYPE_CHECKING:
    from jinja2 import Environment

REMEDY = "correct the template, or move it away: the built-in one is used then"


def source(name: str, folder: Path | None) -> tuple[str, str]:
    """(text, path) of a template. Raises DocumentError."""
    own = None if folder is None else folder / name
    try:
        if own is not None and own.is_file():
            return own.read_text(encoding="utf-8"), str(own)
        built_in = resources.files(__package__).joinpath("templates", *name.split("/"))
        return built_in.read_text(encoding="utf-8"), str(built_in)
    except FileNotFoundError:
        raise DocumentError(f"there is no template {name}", "", ProblemKind.MISSING) from None
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DocumentError(f"the template {own} cannot be read: {said}", REMEDY) from None


def render(name: str, values: Mapping[str, Any], folder: Path | None) -> str:
    """The template with its values. Raises DocumentError that names file, line and mistake."""
    from jinja2 import TemplateSyntaxError

    path = name
    try:
        environment = _environment(folder)
        template = environment.get_template(name)
        path = template.filename or name
        return template.render(values)
    except DocumentError:
        raise
    except TemplateSyntaxError as error:
        raise _mistake(error.filename or path, error.lineno, error.message or "cannot be understood") from None
    except Exception as error:  # whatever a team's template does wrong is a mistake of that template, at a line of it
        raise _mistake(path, _line_in(error, path), str(error) or type(error).__name__) from None


def names_in(text: str, path: str) -> tuple[str, ...]:
    """The variables that a template names, in their order. Raises DocumentError."""
    from jinja2 import TemplateSyntaxError, nodes

    try:
        tree = _environment(None).parse(text, filename=path)
    except TemplateSyntaxError as error:
        raise _mistake(path, error.lineno, error.message or "cannot be understood") from None
    stored = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    found = [node for node in tree.find_all(nodes.Name) if node.ctx == "load" and node.name not in stored]
    return tuple(dict.fromkeys(node.name for node in sorted(found, key=lambda node: node.lineno)))


def _environment(folder: Path | None) -> "Environment":
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        loader=FunctionLoader(lambda name: (*source(name, folder), lambda: False)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _line_in(error: BaseException, path: str) -> int | None:
    """The innermost line of the template that an error came from."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _mistake(path: str, line: int | None, said: str) -> DocumentError:
    place = path if line is None else f"{path}:{line}"
    return DocumentError(f"{place}: {said}", REMEDY, ProblemKind.MISCONFIGURED)
