"""The commands of ``python -m pysock``, a module each.

A command's module is imported once it is the one to run.  It has two functions:
``add_arguments(parser)`` tells an ``argparse`` parser what the command does and takes, and
``main(options)`` does it and returns the exit status.  If it has ``split(arguments)`` as well, that
divides them into those for the parser and ``options.rest``, which stay as they are.  What it prints
goes to ``sys.stdout``, which ``output`` looks after for all of them.
"""
