"""Pages: self-contained HTML that loads nothing, runs no script but its own, and shows what students wrote as text.

`page` is the only way out. Every value that a template prints goes through `sinks.html`, which also spells out characters that
hide or reorder text; only `sinks.Markup` that a function here returned is markup. The policy in each page allows its own
style and script by their digests and nothing else, so a style or a handler in an attribute has no effect: use classes.
Where there is room for one line only, as in a drawing, `{{ text | line }}` spells out line breaks; `{{ text | prose }}` shows
text between backticks as code.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

import jinja2

import grader
from grader.text import sinks


def page(template: str, **values: object) -> str:
    """Render a template of this folder with these values."""
    return _environment().get_template(template).render(version=grader.__version__, **values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__name__, ""),
        autoescape=True,
        finalize=_harmless,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=_asset, policy=_policy)
    environment.filters.update(line=sinks.line, prose=_prose)
    return environment


def _harmless(value: object) -> object:
    return sinks.html(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _prose(text: str) -> sinks.Markup:
    """Text with parts between backticks as code; text with an odd number of backticks stays as it is."""
    parts = [sinks.html(part) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return sinks.html(text)
    return sinks.Markup("".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts)))


@cache
def _asset(*names: str) -> sinks.Markup:
    """Styles or scripts of this folder, joined for the page."""
    return sinks.Markup("".join((resources.files(__name__) / name).read_text("utf-8") for name in names))


@cache
def _policy(styles: tuple[str, ...], scripts: tuple[str, ...]) -> str:
    """The page's Content-Security-Policy, for the names of its styles and scripts."""
    allowed = [f"style-src '{_digest(styles)}'"]
    allowed += [f"script-src '{_digest(scripts)}'"] if scripts else []
    return "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"])


def _digest(names: tuple[str, ...]) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(_asset(*names).encode()).digest()).decode()}"
