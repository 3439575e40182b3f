"""Micro-Genre Miner. The package contains the command line, `microgenres.cli`.

The module name `microgenres.api` is reserved for the public Python API.
"""
