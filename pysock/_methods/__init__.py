"""The methods of a socket, by subject; ``_socket`` puts them together.

Each module has a class on top of ``SocketState``.  A method here is written once, in full:
it checks its arguments, packs what is an address, makes the call, and hands a failure to
``_calls.wait``.  ``shortcuts`` has shorter ways for plain cases, which CPython alone needs.
"""
