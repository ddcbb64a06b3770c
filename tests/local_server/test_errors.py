"""What a reader of an error is told."""

from pathlib import Path

from local_server.errors import Place, TemplateError


def test_a_place_names_file_line_and_path() -> None:
    place = Place(Path("/a/b/serverless.yml"), 12, "functions.connect")
    assert str(place) == "serverless.yml:12: functions.connect"


def test_a_place_leaves_out_what_it_does_not_know() -> None:
    assert str(Place(Path("a.yml"))) == "a.yml"
    assert str(Place(Path("a.yml"), None, "provider")) == "a.yml: provider"


def test_a_template_error_begins_with_its_place() -> None:
    assert str(TemplateError(Place(Path("a.yml"), 3), "no")) == "a.yml:3: no"
    assert str(TemplateError(None, "no such file")) == "no such file"
