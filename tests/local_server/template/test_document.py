"""YAML as the Serverless Framework reads it."""

from pathlib import Path
from typing import Any

import pytest

from local_server.errors import TemplateError
from local_server.template.document import Block, read_document


def read(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "a.yml"
    file.write_text(text)
    return read_document(file)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("2012-10-17", "2012-10-17"),
        ("1:30", "1:30"),
        ("true", True),
        ("~", None),
        ("", None),
        ("0o17", 15),
        ("0x1f", 31),
        ("010", 10),
        ("-7", -7),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("'7'", "7"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, text: str, value: Any) -> None:
    assert read(tmp_path, f"a: {text}")["a"] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!Sub '${A}'", {"Fn::Sub": "${A}"}),
        ("!Join [':', [!Ref A, b]]", {"Fn::Join": [":", [{"Ref": "A"}, "b"]]}),
        ("!If {a: 1}", {"Fn::If": {"a": 1}}),
        ("!Condition C", {"Condition": "C"}),
    ],
)
def test_tags_are_short_for_intrinsics(tmp_path: Path, text: str, value: Any) -> None:
    assert read(tmp_path, f"a: {text}")["a"] == value


def test_a_block_knows_the_line_of_each_key(tmp_path: Path) -> None:
    block = read(tmp_path, "a: 1\nb:\n  c: 2\n")
    assert block.lines == {"a": 1, "b": 2}
    assert isinstance(block["b"], Block)
    assert str(block["b"].place("c", "b.c")) == "a.yml:3: b.c"


def test_merge_keys_are_merged(tmp_path: Path) -> None:
    assert read(tmp_path, "x: &x {a: 1}\ny: {<<: *x, b: 2}")["y"] == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "text", ["a: [1\nb: 2", "a: b: c", "\ta: 1", "a: *nowhere", "a: !!python/x 1"]
)
def test_bad_yaml_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(TemplateError, match=r"^a\.yml:\d+: "):
        read(tmp_path, text)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"^a\.yml:2: .*twice"):
        read(tmp_path, "a: 1\na: 2\n")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"no such file: .*absent\.yml"):
        read_document(tmp_path / "absent.yml")
