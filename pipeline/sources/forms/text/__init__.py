"""Text of files: encodings, and blocks of whole lines."""
