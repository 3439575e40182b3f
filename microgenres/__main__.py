"""Run the command line: `python -m microgenres`."""

from microgenres.cli.app import main

main()
