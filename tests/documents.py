"""`python -m tests.documents`: writes docs/openapi.json and docs/asyncapi.json."""

import json
from pathlib import Path

from notify.asyncapi import asyncapi
from notify.openapi import Document, openapi

DOCS = Path(__file__).parent.parent / "docs"
DOCUMENTS = {DOCS / "openapi.json": openapi, DOCS / "asyncapi.json": asyncapi}


def text(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    for path, make in DOCUMENTS.items():
        path.write_text(text(make()))


if __name__ == "__main__":
    main()
