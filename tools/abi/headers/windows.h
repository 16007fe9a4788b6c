/* Winsock's headers, in the manner of CPython's socketmodule.c. */
#define WIN32_LEAN_AND_MEAN
#include <stddef.h>
#include <winsock2.h>
#include <ws2bth.h>
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <afunix.h>
#include <hvsocket.h>
#include <fcntl.h>
#include <ifdef.h>

/* What Microsoft's headers have, by the constants of the official CPython builds, and MinGW-w64's
   lack or have otherwise. */
#define AF_LINK 33
#define AF_HYPERV 34
#define MSG_ERRQUEUE 0x1000
#define SO_ORIGINAL_DST 0x300f
#define SOL_IP (SOL_SOCKET - 4)
#undef EAI_NODATA
#define EAI_NODATA EAI_NONAME

/* ws2ipdef.h: UDP's segmentation, with a control message for each. */
#define UDP_SEND_MSG_SIZE 2
#define UDP_RECV_MAX_COALESCED_SIZE 3
#define UDP_COALESCED_INFO 3

#define IF_NAMESIZE IF_MAX_STRING_SIZE /* netioapi.h, which brings much else */

#include "cpython.h"
