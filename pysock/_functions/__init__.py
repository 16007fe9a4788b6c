"""The functions of the module, by subject.

``connections``  create_connection, create_server, socketpair
``descriptors``  close, dup, fromfd, send_fds, recv_fds
``resolver``     getaddrinfo, getnameinfo, gethostby…
``netdb``        getservby…, getprotobyname, if_…
``conversions``  htons, inet_pton, CMSG_LEN and similar functions
"""
