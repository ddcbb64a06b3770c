"""Every problem of a template, not only the first: what is refused is taken out, and so on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_server.errors import Place, TemplateError
from local_server.template.document import Block
from local_server.template.model import Template
from local_server.template.pruning import Pruned
from local_server.template.reading import read_source, read_template, resolve_sections
from local_server.template.variables import Variables


@dataclass(frozen=True)
class Checked:
    """`template` is what is left without the problems, None if nothing can be read."""

    template: Template | None
    problems: tuple[TemplateError, ...]


@dataclass
class _Collecting(Variables):
    """What cannot be resolved is noted and becomes nothing."""

    problems: list[TemplateError] = field(default_factory=list)

    def resolve(self, value: Any, place: Place) -> Any:
        try:
            return super().resolve(value, place)
        except TemplateError as error:
            self.problems.append(error)
            return None


def check_template(file: Path, *, stage: str = "local", region: str | None = None) -> Checked:
    """As load_template reads it, but for what it refuses."""
    file = file.resolve()
    options = {"stage": stage} | ({"region": region} if region else {})
    try:
        document = read_source(file)
    except TemplateError as error:
        return Checked(None, (error,))
    variables = _Collecting(document, file.parent, options, stage)
    resolved = resolve_sections(document, variables)
    return _read(file, resolved, stage, _without_repetition(variables.problems))


def _read(file: Path, document: Block, stage: str, problems: list[TemplateError]) -> Checked:
    pruned = Pruned(document)
    while True:
        try:
            template = read_template(file, pruned.document, stage)
        except TemplateError as error:
            problems.append(_as_it_was(error, pruned))
            if error.place is None or not pruned.take_out(error.place.path):
                return Checked(None, _sorted(problems))
        else:
            return Checked(template, _sorted(problems))


def _as_it_was(error: TemplateError, pruned: Pruned) -> TemplateError:
    if (place := error.place) is None:
        return error
    return TemplateError(Place(place.file, place.line, pruned.original(place.path)), error.reason)


def _sorted(problems: list[TemplateError]) -> tuple[TemplateError, ...]:
    """By line, in the template's own file first; sorting leaves those of one line in order."""
    return tuple(sorted(_without_repetition(problems), key=_position))


def _position(error: TemplateError) -> tuple[str, int]:
    place = error.place
    return (str(place.file), place.line or 0) if place else ("", 0)


def _without_repetition(problems: list[TemplateError]) -> list[TemplateError]:
    """Of several at one place the first: what was taken out is then said to be missing."""
    return list({_where(error): error for error in reversed(problems)}.values())[::-1]


def _where(error: TemplateError) -> tuple[Path, str] | str:
    return (error.place.file, error.place.path) if error.place else error.reason
