"""Record what goes over the wire in this version: `python -m tests.wire.record [--again]`.

Once for each released version, when its number is set. A recording of a released version is never
made again: it is what programs of that version say.
"""

from __future__ import annotations

import sys

from lashd import __version__
from tests.wire.corpus import CORPUS, write
from tests.wire.scenes import SCENES


def main() -> int:
    """Write the scenes to the directory of this version."""
    place = CORPUS / __version__
    if place.exists() and "--again" not in sys.argv[1:]:
        print(f"{place} is there already; --again replaces it, until {__version__} is released")
        return 1
    for name, scene in SCENES.items():
        steps = scene(__version__).steps
        write(place / f"{name}.jsonl", steps)
        print(f"{name}: {len(steps)} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
