"""Tables of delimited text: separator, header, quoting, and rows."""
