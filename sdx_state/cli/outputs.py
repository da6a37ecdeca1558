"""Options that name what a command writes: no file that the project reads, and none that it would read next time."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sdx_state.cli.context import Context

text_or_json_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Print text for people, or JSON for programs.",
)


class OutputFile(click.Path):
    """The path of a file that a command writes.

    Attributes:
        beside_state: Names of files that it may be among the files of the state.
    """

    def __init__(self, beside_state: tuple[str, ...] = ()) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self.beside_state = beside_state

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path.

        Raises:
            BadParameter: The project reads this file, or it is among the files of the state.
        """
        path = Path(os.fsdecode(super().convert(str(value), param, ctx)))
        require_output(path, param, ctx, self.beside_state)
        return path


class OutputFolder(click.Path):
    """The path of a folder that a command writes files into."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path.

        Raises:
            BadParameter: The project reads files in this folder, or it is that of the state.
        """
        from sdx_state.config.reading import files_read

        path = Path(os.fsdecode(super().convert(str(value), param, ctx)))
        folder = _project(ctx)
        if folder is not None:
            _require_apart(path, folder, param, ctx)
        inside = folder is not None and path.exists() and (path.resolve(), folder.resolve())
        if inside and (inside[0].is_relative_to(inside[1]) or inside[1].is_relative_to(inside[0])):
            found = next((one for one in files_read(inside[1]) if one.is_relative_to(inside[0])), None)
            if found is not None:
                message = f"{path} is a folder of the project, which reads {found.name} there. Name another folder."
                raise click.BadParameter(message, ctx, param)
        return path


def require_output(
    path: Path, param: click.Parameter | None, ctx: click.Context | None, beside_state: tuple[str, ...] = ()
) -> None:
    """Return if the project of `ctx` neither reads the file `path` nor would read it once it is there.

    Raises:
        BadParameter: It does, or the file is among those of the state, and not one of `beside_state`.
    """
    folder = _project(ctx)
    if folder is None:
        return
    if path.name not in beside_state:
        _require_apart(path, folder, param, ctx)
    from sdx_state.config.reading import files_read, would_be_read

    real, top = path.resolve(), folder.resolve()
    if path.exists() and real in files_read(top):
        raise click.BadParameter(f"{path} is a file that the project reads. Name another one.", ctx, param)
    if real.is_relative_to(top) and would_be_read(top, real.relative_to(top).as_posix()):
        message = f"the project would read {path} as configuration. Name a file that does not end in .yaml or .yml."
        raise click.BadParameter(message, ctx, param)


def _require_apart(path: Path, folder: Path, param: click.Parameter | None, ctx: click.Context | None) -> None:
    from sdx_state.state.files import HIDDEN_FOLDER

    hidden = folder / HIDDEN_FOLDER
    if path.resolve().is_relative_to(hidden.resolve()) or path.absolute().is_relative_to(hidden.absolute()):
        raise click.BadParameter(
            f"{path} is in {HIDDEN_FOLDER}, which contains the state. Name another one.", ctx, param
        )


def _project(ctx: click.Context | None) -> Path | None:
    """Return the folder of the project, if there is one."""
    from sdx_state.config.sift import PROJECT_FILE

    context = ctx.obj if ctx is not None else None
    if not isinstance(context, Context) or not (context.folder / PROJECT_FILE).exists():
        return None
    return context.folder
