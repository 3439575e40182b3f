"""The command line: the app, options that commands share, exit codes and the console."""
