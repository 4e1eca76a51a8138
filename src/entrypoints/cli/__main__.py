"""`python -m sightline.entrypoints.cli`."""

from . import main

main()
