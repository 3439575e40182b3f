"""Commands that read a release: show, similar, assign, report, verify."""
