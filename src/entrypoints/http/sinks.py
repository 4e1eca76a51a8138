"""Where libraries write files that go out while they grow."""

import io
from typing import Any


class Written(io.RawIOBase):
    """A file that is only ever added to, and whose beginning is gone once it was taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._length += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._length

    def taken(self) -> bytes:
        """What was written since it was last asked."""
        written = b"".join(self._parts)
        self._parts.clear()
        return written
