"""Pages from the templates of this room: everything is escaped, and nothing is loaded from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sdx_state.report.escape import escape, escape_lines
from sdx_state.report.places import place_of, places_of, used_by

if TYPE_CHECKING:
    from jinja2 import Environment


def page(
    template: str,
    values: Mapping[str, Any],
    *,
    style: str | tuple[str, ...] = (),
    rules: str = "",
    script: str | None = None,
    filters: Mapping[str, Callable[..., Any]] | None = None,
) -> str:
    """Return a page.

    The template gets the texts `style` and `script`, and `style_digest` and `script_digest` for its content security
    policy.

    Args:
        template: The file name of its template.
        values: Its values by name.
        style: The file names of its style sheets.
        rules: Style rules for this page alone.
        script: The file name of its script, if it has one.
        filters: Filters beside `line`, `lines` and `place`.
    """
    environment = _environment(tuple((filters or {}).items()))
    loader = environment.loader
    styles = (style,) if isinstance(style, str) else style
    texts = {
        name: "".join(loader.get_source(environment, file)[0] for file in files if loader is not None)
        for name, files in (("style", styles), ("script", (script,) if script else ()))
    }
    texts["style"] += rules
    digests = {f"{name}_digest": _digest(text) for name, text in texts.items()}
    return environment.get_template(template).render({**values, **texts, **digests})


@cache
def _environment(filters: tuple[tuple[str, Callable[..., Any]], ...]) -> Environment:
    """Return an environment with `filters`, which compiles each template once."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sdx_state.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    places = {"place": place_of, "places": places_of, "use": used_by}
    environment.filters.update(line=escape, lines=escape_lines, **places, **dict(filters))
    return environment


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
