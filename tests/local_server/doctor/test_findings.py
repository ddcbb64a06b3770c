"""How findings read."""

import json

from local_server.doctor.findings import as_json, as_table, has_problems, ok, problem, warning

FINE = ok("python", "Python 3.11")
DOUBT = warning("stage", "no params for it")
ONE, OTHER = (problem("template", text, "change it") for text in ("a.yml:1: no", "a.yml:2: no"))


def test_a_line_says_how_bad_it_is_what_it_is_about_and_what_to_do() -> None:
    assert as_table([FINE, problem("port", "in use", "--port 0")]).splitlines() == [
        "ok       python  Python 3.11",
        "problem  port    in use",
        "                 -> --port 0",
        "",
        "1 problem.",
    ]


def test_what_to_do_is_said_once_for_all_that_want_the_same() -> None:
    table = as_table([ONE, OTHER, DOUBT])
    assert table.count("-> change it") == 1
    assert table.splitlines()[2].endswith("-> change it")
    assert table.splitlines()[-1] == "2 problems and 1 warning."


def test_where_all_is_well_it_says_so() -> None:
    assert as_table([FINE]).splitlines()[-1] == "Nothing stands in the way."


def test_a_warning_is_no_problem() -> None:
    assert not has_problems([FINE, DOUBT])
    assert has_problems([FINE, ONE])


def test_machines_are_told_everything() -> None:
    assert json.loads(as_json([DOUBT, ONE])) == {
        "ok": False,
        "findings": [
            {"level": "warning", "subject": "stage", "text": "no params for it", "advice": ""},
            {
                "level": "problem", "subject": "template", "text": "a.yml:1: no",
                "advice": "change it",
            },
        ],
    }  # fmt: skip
