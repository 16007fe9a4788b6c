"""SO_REUSEADDR: a server that starts again at once, on the port it has just left.

The side that closes a TCP connection first keeps it for a while in the state TIME_WAIT. Until that
ends, the port cannot be bound again, unless SO_REUSEADDR is set.
"""

import pysock as socket

HOST = '127.0.0.1'


def serve(port, reuse):
    """Serve one client, close the connection first, and return the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        if reuse:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((HOST, port))
        s.listen(1)
        with socket.create_connection(s.getsockname()) as client:
            conn, addr = s.accept()
            conn.close()
            client.recv(1)  # the end of the stream
        return s.getsockname()[1]


port = serve(0, reuse=True)
try:
    serve(port, reuse=False)
    print('Without SO_REUSEADDR: served again')
except OSError as msg:
    print('Without SO_REUSEADDR:', msg)
serve(port, reuse=True)
print('With SO_REUSEADDR: served again')
