"""Which library carries what goes to AWS: libcurl where it is and signs rightly, else boto3."""

from importlib import import_module

# Before, libcurl signed another path than AWS reads, which shows at ids that end in `=`.
OLDEST_LIBCURL = 0x081000  # 8.16.0


def has_libcurl(binding: str = "pycurl") -> bool:
    try:
        pycurl = import_module(binding)
    except ImportError:  # also where a shared library is missing
        return False
    return hasattr(pycurl, "AWS_SIGV4") and pycurl.version_info()[2] >= OLDEST_LIBCURL
