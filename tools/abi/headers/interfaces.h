/* Windows' list of network interfaces; its many constants are of no concern to sockets. */
#include <stddef.h>
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
