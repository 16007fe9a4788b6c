"""macOS and the BSDs on Linux: a C library of theirs, made from their own headers (``bed/``)."""
