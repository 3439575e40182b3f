"""The last step of a mining: the tables, the manifest and the report of the release."""
