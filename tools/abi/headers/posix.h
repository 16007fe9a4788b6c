/* The libc's own headers, in the manner and nearly in the order of CPython's socketmodule.c.
   What a system lacks is skipped: so a name exists only where the platform has it. */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define __APPLE_USE_RFC_3542 1
#include <stddef.h>
#include <sys/types.h>
#include <sys/param.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <net/if.h>
#if __has_include(<net/ethernet.h>)
#include <net/ethernet.h>
#endif
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <netdb.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <poll.h>

#if __has_include(<net/if_dl.h>)
#include <net/if_dl.h>
#endif
#if defined(__APPLE__) || defined(__FreeBSD__)
#include <sys/ucred.h>
#endif

/* macOS and the BSDs: the table of routes */
#if !defined(__linux__) && __has_include(<net/route.h>)
#include <net/route.h>
#include <sys/sysctl.h>
#endif

/* Linux */
#if __has_include(<linux/netlink.h>)
#include <asm/types.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <netpacket/packet.h>
#include <linux/tipc.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <linux/can/bcm.h>
#include <linux/can/isotp.h>
#include <linux/can/j1939.h>
#include <linux/vm_sockets.h>
#include <linux/netfilter_ipv4.h>
#include <linux/if_alg.h>
#endif
#if __has_include(<netipx/ipx.h>) /* protocols of old, which glibc still knows */
#include <netatalk/at.h>
#include <netax25/ax25.h>
#include <netipx/ipx.h>
#include <netrom/netrom.h>
#include <netrose/rose.h>
#endif
#if __has_include(<bluetooth/bluetooth.h>)
#include <bluetooth/bluetooth.h>
#include <bluetooth/rfcomm.h>
#include <bluetooth/l2cap.h>
#include <bluetooth/sco.h>
#include <bluetooth/hci.h>
#ifndef BT_VOICE_TRANSPARENT_16BIT /* newer than the BlueZ of many a distribution */
#define BT_VOICE_TRANSPARENT_16BIT 0x0063
#endif
#endif

/* macOS */
#if __has_include(<sys/kern_control.h>)
#include <sys/kern_control.h>
#endif
#ifdef AF_SYSTEM /* sys/sys_domain.h, which ziglang leaves out */
#define SYSPROTO_EVENT 1
#define SYSPROTO_CONTROL 2
#endif

/* FreeBSD, NetBSD */
#if __has_include(<netlink/netlink.h>)
#include <netlink/netlink.h>
#endif
#if __has_include(<netcan/can.h>)
#include <netcan/can.h>
#endif
#if __has_include(<netbt/l2cap.h>)
#include <netbt/l2cap.h>
#include <netbt/rfcomm.h>
#include <netbt/hci.h>
#include <netbt/sco.h>
#endif
#if __has_include(<netgraph/bluetooth/include/ng_btsocket.h>) /* all that <bluetooth.h> includes */
#define L2CAP_SOCKET_CHECKED
#include <sys/bitstring.h>
#include <netgraph/bluetooth/include/ng_hci.h>
#include <netgraph/bluetooth/include/ng_l2cap.h>
#include <netgraph/bluetooth/include/ng_btsocket.h>
#endif

#include "cpython.h"
