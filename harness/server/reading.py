"""Read one document in a process of its own: `python -m harness.server.reading`, started by `isolation` alone.

What a stranger uploads may be made to take all memory or all time there is: this process may then be ended, and the
server goes on. Standard input holds a line of JSON and the file's bytes; standard output gets one JSON object.
"""

import json
import sys

from pydantic import TypeAdapter

from harness.documents import Document, read_document
from harness.errors import DocumentError

_OUT_OF_MEMORY = "this document needs more memory to be read than a document may take"


def main() -> int:
    """Read the document on standard input and tell what is in it."""
    order = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    _limit_memory(order["max_memory_bytes"])
    try:
        document = read_document(data, order["path"])
    except DocumentError as error:
        answer = json.dumps({"what": error.what, "hint": error.hint}).encode()
    except MemoryError:
        answer = json.dumps({"what": _OUT_OF_MEMORY, "hint": None}).encode()
    else:
        answer = b'{"document":' + TypeAdapter(Document).dump_json(document) + b"}"
    sys.stdout.buffer.write(answer)
    return 0


def _limit_memory(most: int) -> None:
    try:
        import resource
    except ImportError:  # not on every system; there the time limit alone holds
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


if __name__ == "__main__":
    sys.exit(main())
