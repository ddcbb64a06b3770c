"""Whether the keys that sign tokens can be read, and whether one has outlived its tokens."""

from collections.abc import Iterator

from infra.admin.doctor.findings import Finding, fail, ok, warn
from infra.admin.doctor.patient import Patient
from infra.admin.key_places import find_place
from infra.admin.rings import retiring, signing_id
from infra.settings import SettingsError

IN_PLAIN_SIGHT = "whoever may read a function's configuration reads them: use jwtKeysParameter"


def look_at_keys(patient: Patient) -> Iterator[Finding]:
    if patient.environment.get("JWT_KEYS"):
        yield warn("keys", "they are in the functions' environment", IN_PLAIN_SIGHT)
        return
    place = find_place(patient.stage, None, None)
    try:
        ring = place.read()
    except SettingsError as error:
        yield fail("keys", f"{place.title}: {error}", "mend it by hand: nobody can log in")
        return
    signing = signing_id(ring)
    if signing is None:
        advice = f"nobody can log in: {patient.command('rotate-key')}"
        yield fail("keys", f"{place.title} has no key that signs", advice)
        return
    yield ok("keys", f"{place.title}: {signing} signs, {len(ring) - 1} more verify")
    done = ring.keys() - retiring(patient.clock())(ring).keys()
    if done:
        advice = patient.command("rotate-key --retire")
        yield warn("keys", f"{', '.join(sorted(done))}: no living token needs them", advice)
