import json
from pathlib import Path

from tests.client.command_line import run_line
from tests.client.terminals import FakeTerminal


async def test_a_script_is_printed_and_nobody_is_asked(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    assert await run_line(["completion", "bash"], fake) == 0
    assert fake.out.splitlines()[-1] == "complete -F _heliograph heliograph"


async def test_the_command_may_have_another_name(tmp_path: Path) -> None:
    fake = FakeTerminal(tmp_path)

    await run_line(["completion", "fish", "--program", "tower", "--json"], fake)

    answer = json.loads(fake.out)
    assert answer["shell"] == "fish"
    assert "complete -c tower -f" in answer["script"]
