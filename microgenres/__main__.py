"""`python -m microgenres` is the command line."""

from microgenres.cli.app import main

main()
