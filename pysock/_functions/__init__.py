"""The functions of the module, by subject.

``connections``     socketpair, create_connection, create_server, has_dualstack_ipv6
``descriptors``     close, dup, fromfd, fromshare, send_fds, recv_fds
``resolver``        getaddrinfo, getnameinfo, gethostname, gethostby…, getfqdn
``netdb``           getservby…, getprotobyname, if_…
``static_answers``  the lock for C functions that answer in static memory
``conversions``     htons, inet_pton, CMSG_LEN and similar functions
"""
