/* Linux's own headers, without a libc's: the names that a libc has not taken over (yet).
   They are a unit of their own because some of their structs collide with the libc's. */
#include <time.h> /* struct timespec, for linux/errqueue.h */
#include <asm/socket.h>
#include <linux/errqueue.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet_diag.h>
#include <linux/kcm.h>
#include <linux/mctp.h>
#include <linux/net_tstamp.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netlink.h>
#include <linux/rds.h>
#include <linux/rtnetlink.h>
#include <linux/smc.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/tipc.h>
#include <linux/udp.h>
#include <linux/version.h>
#include <linux/vm_sockets.h>

/* The kernel's own include/linux/socket.h has these, which no header for programs repeats but glibc's. */
#define SCM_SECURITY 0x03
#define SCM_PIDFD 0x04
/* net/smc.h, likewise: over which family of IP a socket of AF_SMC runs. */
#define SMCPROTO_SMC 0
#define SMCPROTO_SMC6 1
