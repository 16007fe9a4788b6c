"""What all methods stand on: a socket's state, memory, one call, and waiting.

``state``        the slots of a socket
``memory``       buffers that C writes to; the memory of a caller's buffers
``transfer``     one attempt at one system call
``wait``         the policy for a call that failed: wait, repeat, or raise
``descriptor``   who owns a descriptor, from its first instant
``getsockopt``   socket options as bytes and as numbers
``cmsg``         how control messages lie in a buffer
``msghdr``       a whole message in one piece of memory
"""
