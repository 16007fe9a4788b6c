"""Real clients and servers, on the C module and on pysock (``__main__``)."""
