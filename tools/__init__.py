"""Tools of development: neither installing nor running pysock needs them."""
