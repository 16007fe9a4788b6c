"""The foreign function interface: how Python calls C at all.

``abi``          a platform's ABI: the layout of the structs of the socket API
``prototype``    a function's declaration in C → a Python callable
``errors``       how a C function reports failure, errno, and the exceptions
``arguments``    Python objects → C numbers and strings, with CPython's checks and messages
``signature``    what ``inspect.signature`` shows
``interpreter``  how this interpreter calls C and shares memory with it: the functions of
                 ``cpython``, ``pypy`` or ``portable``, and for Windows' errors of ``winerror``
"""
