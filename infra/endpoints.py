"""Where a service of AWS is reached: as botocore finds it, without it where that is plain."""

import os
import re
from collections.abc import Mapping
from typing import Any

# A regional endpoint is `service.region.suffix` there; elsewhere botocore is asked.
SUFFIXES = {
    r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+": "amazonaws.com",
    r"cn-[a-z]+-\d+": "amazonaws.com.cn",
}
# What a file of AWS's may say, or who says where it is, only botocore can tell.
PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
VARIANTS = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
FILES = ("~/.aws/config", "~/.aws/credentials")


def endpoint(service: str, region: str, environment: Mapping[str, str] = os.environ) -> str:
    """Its URL: the environment's, a profile's or the region's."""
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        for name in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
            if named := environment.get(name):
                return named
    suffix = _suffix(region)
    if suffix is None or _says_more(environment):
        return _resolved(service, region)
    return f"https://{service}.{region}.{suffix}"


def _suffix(region: str) -> str | None:
    for pattern, suffix in SUFFIXES.items():
        if re.fullmatch(pattern, region):
            return suffix
    return None


def _says_more(environment: Mapping[str, str]) -> bool:
    if any(environment.get(name) for name in (*PROFILES, *VARIANTS)):
        return True
    return any(os.path.exists(os.path.expanduser(file)) for file in FILES)


def _resolved(service: str, region: str) -> str:
    from infra.clients import session  # half of a cold start

    client: Any = session().create_client(service, region_name=region)
    return str(client.meta.endpoint_url)
