"""The foreign function interface: how Python calls C at all.

``abi``          what differs between platforms in memory: one row each, structs from a row
``prototype``    a line of C → a Python callable
``errors``       how a C function says that it failed, errno, and the exceptions
``arguments``    Python objects → C numbers and strings, with CPython's checks and words
``signature``    what ``inspect.signature`` shows
``interpreter``  what is asked of the interpreter; answered by ``cpython``, ``pypy`` or
                 ``portable``, and for Windows' errors by ``winerror``
"""
