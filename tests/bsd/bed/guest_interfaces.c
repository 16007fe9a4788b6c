/* The guest half, continued: what <ifaddrs.h>, <net/route.h>, <sys/sockio.h>, sendfile(2) and
   getpeereid(3) are. */
#include "guest.h"
#include <net/if_dl.h>
#include <net/if_types.h>
#include <net/route.h>
#include <sys/sysctl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* --- getifaddrs ----------------------------------------------------------------------- */

/* Room for a sockaddr in the block that freeifaddrs gives back. */
static struct sockaddr *stored(char **at, const void *form, unsigned size)
{
    void *here = memcpy(*at, form, size);
    *at += (size + 7) & ~7u;
    return here;
}

/* An address in the way in which the guest's list has it. */
static struct sockaddr *listed(char **at, const struct bed_address *name, unsigned index)
{
    struct sockaddr_storage form;
    unsigned size = address_form(name, &form);
    if (!size)
        return 0;
#if defined __APPLE__ || defined __OpenBSD__
    /* These keep a link-local address' interface inside it (KAME's way). */
    struct sockaddr_in6 *in = (void *)&form;
    if (form.ss_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&in->sin6_addr)) {
        in->sin6_addr.s6_addr[2] = index >> 8;
        in->sin6_addr.s6_addr[3] = index;
        in->sin6_scope_id = 0;
    }
#endif
    return stored(at, &form, size);
}

/* A netmask; where the kernel trims it (in_socktrim), it ends with its last byte that is not 0. */
static struct sockaddr *mask(char **at, const struct bed_address *name)
{
    struct sockaddr_storage form;
    unsigned size = address_form(name, &form);
    if (!size)
        return 0;
#if defined __APPLE__ || defined __NetBSD__
    if (form.ss_family == AF_INET) {
        unsigned length = sizeof(struct sockaddr_in);
        unsigned start = offsetof(struct sockaddr_in, sin_addr);
        while (length > start && (length > start + 4 || !((char *)&form)[length - 1]))
            length--;
        form.ss_len = length > start ? length : 0;
        form.ss_family = 0;
        memset((char *)&form + length, 0xee, sizeof form - length);  /* nobody is to read it */
    }
#endif
    return stored(at, &form, size);
}

static struct sockaddr *link_address(char **at, const struct bed_interface *from)
{
    union {
        struct sockaddr_dl link;
        char bytes[sizeof(struct sockaddr_dl) + 64];
    } form = {0};
    int loopback = from->flags >> at_IFF_LOOPBACK & 1;
    unsigned needed = offsetof(struct sockaddr_dl, sdl_data), least = sizeof form.link;
    form.link.sdl_family = AF_LINK;
    form.link.sdl_index = from->index;
    form.link.sdl_type = loopback ? IFT_LOOP : IFT_ETHER;
    form.link.sdl_nlen = strlen(from->name);
    form.link.sdl_alen = loopback ? 0 : from->hardware_length;  /* a BSD's loopback has none */
    memcpy(form.bytes + needed, from->name, form.link.sdl_nlen);
    needed += form.link.sdl_nlen;
    memcpy(form.bytes + needed, from->hardware, form.link.sdl_alen);
    needed += form.link.sdl_alen;
    form.link.sdl_len = needed > least ? needed : least;
    return stored(at, &form, form.link.sdl_len);
}

/* In one block, as the guest's: an interface's AF_LINK comes before its addresses. */
int bed_getifaddrs(struct ifaddrs **found)
{
    enum { MOST = sizeof(struct ifaddrs) + 3 * sizeof(struct sockaddr_storage) + 64 };
    struct bed_interface *all;
    int count = done(host_interfaces(&all));
    if (count < 0)
        return -1;
    char *block = host_memory(count * MOST + 1), *at = block;
    struct ifaddrs **last = found;
    *found = 0;
    for (int i = 0; i < count; i++)
        for (int j = 0; all[i].is_hardware && j < count; j++) {
            const struct bed_interface *from = &all[j];
            if (from->is_hardware ? i != j : strcmp(from->name, all[i].name))
                continue;
            struct ifaddrs *entry = *last = (void *)at;
            memset(entry, 0, sizeof *entry);
            at += (sizeof *entry + 7) & ~7u;
            entry->ifa_name = at;
            at += (strlen(strcpy(at, from->name)) + 8) & ~7u;
            entry->ifa_flags = BITS_OUT(iff, from->flags);
            entry->ifa_addr =
                from->is_hardware ? link_address(&at, from) : listed(&at, &from->address, from->index);
            entry->ifa_netmask = mask(&at, &from->netmask);
            entry->ifa_dstaddr = listed(&at, &from->other, from->index);
            last = &entry->ifa_next;
        }
    host_free(all);
    if (!*found)
        host_free(block);
    return 0;
}

void bed_freeifaddrs(struct ifaddrs *head) { host_free(head); }

/* --- sysctl(3) of the routes ---------------------------------------------------------- */

#ifdef __APPLE__
enum { UNIT = 4 };
#else
enum { UNIT = sizeof(long) };
#endif

/* A sockaddr behind an rt_msghdr: padded, and of no bytes at all the width of one unit. */
static char *routed(char *at, const void *form, unsigned size)
{
    memset(at, 0, size + UNIT);
    memcpy(at, form, size);
    return at + (size ? (size + UNIT - 1) / UNIT * UNIT : UNIT);
}

static char *route_message(char *at, const struct bed_route *from)
{
    struct rt_msghdr head = {0};
    struct sockaddr_storage form;
    struct sockaddr_dl link = {0};
    char *begin = at;
    at += sizeof head;
    unsigned size = address_form(&from->to, &form);
    at = routed(at, &form, size);
    if (from->router.there) {
        size = address_form(&from->router, &form);
        struct sockaddr_in6 *in = (void *)&form;
        if (form.ss_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&in->sin6_addr))
            in->sin6_addr.s6_addr[3] = from->index;  /* KAME's way */
        at = routed(at, &form, size);
    } else {
        link.sdl_family = AF_LINK;
        link.sdl_index = from->index;
        link.sdl_len = sizeof link;
        at = routed(at, &link, sizeof link);
    }
    if (!from->is_host) {
        size = address_form(&from->mask, &form);
#ifndef __FreeBSD__
        while (size > 4 && !((char *)&form)[size - 1])
            size--;
        form.ss_len = size = size > 4 ? size : 0;
        form.ss_family = 0;
#endif
        at = routed(at, &form, size);
    }
    head.rtm_msglen = at - begin;
    head.rtm_version = RTM_VERSION;
    head.rtm_type = RTM_GET;
    head.rtm_index = from->index;
    head.rtm_flags = RTF_UP | (from->router.there ? RTF_GATEWAY : 0) | (from->is_host ? RTF_HOST : 0);
    head.rtm_addrs = RTA_DST | RTA_GATEWAY | (from->is_host ? 0 : RTA_NETMASK);
#ifdef __OpenBSD__
    head.rtm_hdrlen = sizeof head;
    head.rtm_priority = 8;
#endif
    memcpy(begin, &head, sizeof head);
    return at;
}

int bed_sysctl(const int *name, unsigned count, void *old, size_t *size, const void *new, size_t length)
{
    enum { MOST = sizeof(struct rt_msghdr) + 4 * 64 };
    if (count != 6 || name[0] != CTL_NET || name[1] != PF_ROUTE || name[4] != NET_RT_DUMP)
        return fail(EINVAL);
    struct bed_route *all;
    int found = done(host_routes(&all));
    char *block = host_memory(found * MOST + 1), *at = block;
    for (int i = 0; i < found; i++)
        at = route_message(at, &all[i]);
    host_free(all);
    size_t needed = at - block;
    int fits = !old || needed <= *size;
    if (old && fits)
        memcpy(old, block, needed);
    *size = needed;
    host_free(block);
    return fits ? 0 : fail(ENOMEM);
}

/* --- ioctl(2) ------------------------------------------------------------------------- */

#ifdef __APPLE__
#include <sys/kern_control.h>
int bed_control_of(struct ctl_info *info);
#endif

int bed_knows_request(unsigned long request)
{
#ifdef __APPLE__
    if (request == CTLIOCGINFO)
        return 1;
#endif
    return request == SIOCGIFMTU;
}

int bed_ioctl(int fd, unsigned long request, void *argument)
{
#ifdef __APPLE__
    if (request == CTLIOCGINFO)
        return bed_control_of(argument);
#endif
    struct ifreq *asked = argument;
    int mtu = done(host_mtu(fd, asked->ifr_name));
    return mtu < 0 ? -1 : (asked->ifr_mtu = mtu, 0);
}

/* --- sendfile(2) and getpeereid(3) ---------------------------------------------------- */

int bed_getpeereid(int fd, uid_t *uid, gid_t *gid)
{
    int pid;
    return done(host_peer(fd, &pid, uid, gid));
}

#if defined __APPLE__ /* *length: what to send, 0 for all, and then what was sent */
int bed_sendfile(int file, int to, off_t offset, off_t *length, struct sf_hdtr *more, int flags)
{
    return flags ? fail(EINVAL) : done(host_sendfile(to, file, offset, *length, length));
}
#elif defined __FreeBSD__
int bed_sendfile(int file, int to, off_t offset, size_t length, struct sf_hdtr *more, off_t *sent,
                 int flags)
{
    return done(host_sendfile(to, file, offset, length, sent));
}
#else
int bed_sendfile(void) { return fail(ENOSYS); }
#endif
