"""The least that libcurl's multi interface can do from Python: a loop around a few handles."""

import os
from collections.abc import Callable
from typing import Any

import pycurl

from benchmarks.subjects.load import FRAME, REGION, ids, posted

AT_ONCE = 64  # as ours


def start(url: str, signs: bool) -> Callable[[int], None]:
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_MAXCONNECTS, AT_ONCE)
    handles = [_handle(signs) for _ in range(AT_ONCE)]
    return lambda times: posted(_post(multi, handles, f"{url}/bench/@connections/", times), times)


def _handle(signs: bool) -> Any:
    handle = pycurl.Curl()
    handle.setopt(pycurl.CAINFO, os.environ["AWS_CA_BUNDLE"])
    handle.setopt(pycurl.POSTFIELDS, FRAME)
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/octet-stream"])
    if signs:
        handle.setopt(pycurl.AWS_SIGV4, f"aws:amz:{REGION}:execute-api")
        handle.setopt(pycurl.USERNAME, os.environ["AWS_ACCESS_KEY_ID"])
        handle.setopt(pycurl.PASSWORD, os.environ["AWS_SECRET_ACCESS_KEY"])
    return handle


def _post(multi: Any, handles: list[Any], url: str, times: int) -> int:
    waiting, free, done, under_way = iter(ids(times)), list(handles), 0, 0
    while True:
        while free and (connection_id := next(waiting, None)) is not None:
            free[-1].setopt(pycurl.URL, url + connection_id)
            multi.add_handle(free.pop())
            under_way += 1
        if not under_way:
            return done
        multi.perform()
        _, ended, failed = multi.info_read()
        for handle in (*ended, *(each[0] for each in failed)):
            done += handle.getinfo(pycurl.RESPONSE_CODE) == 200
            multi.remove_handle(handle)
            free.append(handle)
            under_way -= 1
        if not ended:
            multi.select(1.0)
