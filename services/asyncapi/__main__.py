"""`python -m services.asyncapi SAMPLES DOCUMENT`: writes the document, with the samples as its examples."""

import json
import sys
from pathlib import Path

from services.asyncapi.document import document


def text_of(samples: Path) -> str:
    """The document as it is committed; `samples` is a folder of `<body>.json`."""
    read = {path.name.removesuffix(".json"): json.loads(path.read_text()) for path in samples.glob("*.json")}
    return json.dumps(document(read), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(text_of(Path(sys.argv[1])))
