"""Profiles as text: which functions the time went to."""

import cProfile
import io
import pstats
import re
from pathlib import Path

SHOWN = 30
# pstats says of what it has read where it was, and when: a path and a time of this machine.
READ_FROM = re.compile(r"^.*\s/\S+$\n+", re.MULTILINE)


def write_profile(profile: cProfile.Profile | Path, file: Path) -> None:
    """`profile`: one that was just made, or a file of cProfile's. Folders are left out."""
    written = io.StringIO()
    source = str(profile) if isinstance(profile, Path) else profile
    stats = pstats.Stats(source, stream=written)
    stats.strip_dirs().sort_stats("tottime").print_stats(SHOWN)
    lines = READ_FROM.sub("", written.getvalue()).strip().splitlines()
    file.write_text("\n".join(line.rstrip() for line in lines) + "\n")


def hottest(profile: str, lines: int) -> str:
    """The head and so many lines of such a text."""
    written = profile.splitlines()
    first = next(number for number, line in enumerate(written) if "ncalls" in line)
    return "\n".join(line.strip() for line in written[first : first + lines + 1])
