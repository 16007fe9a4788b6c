/* The guest half, continued: getsockopt and setsockopt. */
#include "guest.h"

enum { flags_list, so_list, timeo_list, ip_list, ipv6_list, tcp_list };

/* The list and position of an option; the list is −1 where it is in none. */
static int option(int *level, int optname, int *at)
{
    *level = IN(level, *level);
    int list = -1;
    if (*level == at_SOL_SOCKET) {
        if ((*at = IN(flag, optname)) >= 0)
            list = flags_list;
        else if ((*at = IN(so, optname)) >= 0)
            list = so_list;
        else if ((*at = IN(timeo, optname)) >= 0)
            list = timeo_list;
    } else if (*level == at_IPPROTO_IP && (*at = IN(ip, optname)) >= 0)
        list = ip_list;
    else if (*level == at_IPPROTO_IPV6 && (*at = IN(ipv6, optname)) >= 0)
        list = ipv6_list;
    else if (*level == at_IPPROTO_TCP && (*at = IN(tcp, optname)) >= 0)
        list = tcp_list;
    return list;
}

/* Who is at the other end of a Unix socket, in the struct of each system; 1: not what is asked. */
static int peer(int fd, int level, int optname, void *value, socklen_t *length)
{
    int pid;
    unsigned uid, gid;
#if defined __APPLE__ || defined __FreeBSD__
    struct xucred form = {0};
#ifdef LOCAL_PEERPID  /* macOS', whose struct has no pid */
    if (level == SOL_LOCAL && optname == LOCAL_PEERPID) {
        if (*length < sizeof pid)
            return fail(EINVAL);
        *length = sizeof pid;
        return done(host_peer(fd, value, &uid, &gid));
    }
#endif
    if (level != SOL_LOCAL || optname != LOCAL_PEERCRED)
        return 1;
    if (done(host_peer(fd, &pid, &uid, &gid)))
        return -1;
    form.cr_version = XUCRED_VERSION;
    form.cr_uid = uid;
    form.cr_ngroups = 1;
    form.cr_groups[0] = gid;
#ifdef __FreeBSD__
    form.cr_pid = pid;
#endif
#elif defined __NetBSD__
    struct unpcbid form = {0};
    if (level != SOL_LOCAL || optname != LOCAL_PEEREID)
        return 1;
    if (done(host_peer(fd, &pid, &uid, &gid)))
        return -1;
    form.unp_pid = pid;
    form.unp_euid = uid;
    form.unp_egid = gid;
#else
    struct sockpeercred form = {0};
    if (level != SOL_SOCKET || optname != SO_PEERCRED)
        return 1;
    if (done(host_peer(fd, &pid, &uid, &gid)))
        return -1;
    form.pid = pid;
    form.uid = uid;
    form.gid = gid;
#endif
    *length = *length < sizeof form ? *length : sizeof form;
    memcpy(value, &form, *length);
    return 0;
}

static int no_signal;  /* SO_NOSIGPIPE: Python ignores SIGPIPE, so it is only remembered */

int bed_getsockopt(int fd, int level, int optname, void *value, socklen_t *length)
{
    int at, found = peer(fd, level, optname, value, length);
    if (found <= 0)
        return found;
    int list = option(&level, optname, &at);
#ifdef SO_NOSIGPIPE
    if (level == at_SOL_SOCKET && optname == SO_NOSIGPIPE && *length >= sizeof(int))
        return *(int *)value = no_signal, *length = sizeof(int), 0;
#endif
    if (level == at_SOL_SOCKET && optname == SO_LINGER)
        return done(host_getsockopt(fd, level, -2, 0, 0, value, length));
    if (list < 0)
        return fail(ENOPROTOOPT);
    if (list == timeo_list) {
        long pair[2];
        unsigned size = sizeof pair;
        int n = done(host_getsockopt(fd, level, list, at, 0, pair, &size));
        struct timeval t = {pair[0], pair[1]};
        if (!n) {
            *length = *length < sizeof t ? *length : sizeof t;
            memcpy(value, &t, *length);
        }
        return n;
    }
    int n = done(host_getsockopt(fd, level, list, at, 0, value, length));
    if (n || *length != sizeof(int))
        return n;
    int *number = value;
#ifndef __NetBSD__  /* which answers 1 */
    if (list == flags_list && *number)
        *number = optname;
#endif
    if (list == so_list && guest_so[at] == SO_TYPE)
        *number = OUT(kind, *number);
    if (list == so_list && guest_so[at] == SO_ERROR && *number >= 0)  /* a position, + 1 */
        *number = *number ? guest_errno[*number - 1] : 0;
    if (list == so_list && at == at_SO_DOMAIN)
        *number = OUT(family, *number);
    return 0;
}

int bed_setsockopt(int fd, int level, int optname, const void *value, socklen_t length)
{
    int at, list = option(&level, optname, &at);
#ifdef SO_NOSIGPIPE
    if (level == at_SOL_SOCKET && optname == SO_NOSIGPIPE && length >= sizeof(int))
        return no_signal = *(const int *)value, 0;
#endif
#ifdef __OpenBSD__  /* knows no IPv4 in IPv6 */
    if (level == at_IPPROTO_IPV6 && optname == IPV6_V6ONLY && length >= sizeof(int))
        return *(const int *)value ? 0 : fail(EINVAL);
#endif
    if (level == at_SOL_SOCKET && optname == SO_LINGER)
        return done(host_setsockopt(fd, level, -2, 0, 0, value, length));
    if (list < 0)
        return fail(ENOPROTOOPT);
    if (list == timeo_list) {
        struct timeval t;
        if (length < sizeof t)
            return fail(EINVAL);
        memcpy(&t, value, sizeof t);
        long pair[2] = {t.tv_sec, t.tv_usec};
        return done(host_setsockopt(fd, level, list, at, 0, pair, sizeof pair));
    }
    return done(host_setsockopt(fd, level, list, at, 0, value, length));
}
