/* The guest half of the bed: the functions of <sys/socket.h> and <poll.h>, with the structs and
   numbers of the system whose headers this file is compiled against.  Each takes what that system's
   programs pass, says it to host.c in neutral terms, and brings the answer back. */
#include "guest.h"

/* macOS refuses a message of no buffers. */
#ifdef __APPLE__
#define NO_BUFFERS 1
#else
#define NO_BUFFERS 0
#endif

/* --- addresses ------------------------------------------------------------------------ */

int address_in(const struct sockaddr *given, unsigned length, struct bed_address *name)
{
    memset(name, 0, sizeof *name);
    if (!given)
        return 0;
    if (length < offsetof(struct sockaddr, sa_data))
        return fail(EINVAL);
    name->there = 1;
    name->family = IN(family, given->sa_family);
    if (given->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)given;
        if (length != sizeof *in)  /* a BSD wants exactly this */
            return fail(EINVAL);
        name->port = in->sin_port;
        name->length = 4;
        memcpy(name->data, &in->sin_addr, 4);
    } else if (given->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)given;
        if (length != sizeof *in)
            return fail(EINVAL);
        name->port = in->sin6_port;
        name->flowinfo = in->sin6_flowinfo;
        name->scope = in->sin6_scope_id;
        name->length = 16;
        memcpy(name->data, &in->sin6_addr, 16);
    } else if (given->sa_family == AF_UNIX) {
        const char *path = ((const struct sockaddr_un *)given)->sun_path;
        unsigned room = length - offsetof(struct sockaddr_un, sun_path);
        if (length > sizeof(struct sockaddr_un))
            return fail(EINVAL);
        while (name->length < room && path[name->length])
            name->length++;
        memcpy(name->data, path, name->length);
        if (!name->length)  /* no autobind, no abstract names */
            return fail(ENOENT);
    } else
        return fail(EAFNOSUPPORT);
    return 0;
}

/* The guest's form of an address; its size.  A socket without a name has a short one. */
unsigned address_form(const struct bed_address *name, struct sockaddr_storage *form)
{
    memset(form, 0, sizeof *form);
    unsigned size = 0;
    if (!name->there)
        return 0;
    if (name->family == at_AF_INET) {
        struct sockaddr_in *in = (void *)form;
        in->sin_port = name->port;
        memcpy(&in->sin_addr, name->data, 4);
        size = sizeof *in;
    } else if (name->family == at_AF_INET6) {
        struct sockaddr_in6 *in = (void *)form;
        in->sin6_port = name->port;
        in->sin6_flowinfo = name->flowinfo;
        in->sin6_scope_id = name->scope;
        memcpy(&in->sin6_addr, name->data, 16);
        size = sizeof *in;
    } else {
        unsigned head = offsetof(struct sockaddr_un, sun_path);
        memcpy(((struct sockaddr_un *)form)->sun_path, name->data, name->length);
        size = name->length ? head + name->length + 1 : sizeof(struct sockaddr);
    }
    form->ss_len = size;
    form->ss_family = OUT(family, name->family);
    return size;
}

static void address_out(const struct bed_address *name, struct sockaddr *to, socklen_t *length)
{
    struct sockaddr_storage form;
    if (!to || !length)
        return;
    unsigned size = address_form(name, &form);
    memcpy(to, &form, *length < size ? *length : size);
    *length = size;
}

/* --- a socket's life ------------------------------------------------------------------ */

#ifdef __APPLE__
/* One kernel control, number 7 by the name "bed.control": a socket can be connected to it. */
#include <sys/kern_control.h>
#ifndef SYSPROTO_CONTROL  /* of <sys/sys_domain.h>, which ziglang leaves out */
#define SYSPROTO_CONTROL 2
#define AF_SYS_CONTROL 2
#endif

static struct sockaddr_ctl connected[1024];

int bed_control_of(struct ctl_info *info)
{
    if (strcmp(info->ctl_name, "bed.control"))
        return fail(ENOENT);
    info->ctl_id = 7;
    return 0;
}

static int connect_control(int fd, const struct sockaddr_ctl *to, socklen_t length)
{
    if (length != sizeof *to || to->ss_sysaddr != AF_SYS_CONTROL || fd < 0 || fd >= 1024)
        return fail(EINVAL);
    if (to->sc_id != 7)
        return fail(ENOENT);
    connected[fd] = *to;
    connected[fd].sc_len = length;
    connected[fd].sc_unit = to->sc_unit ? to->sc_unit : 1;  /* 0: the kernel chooses */
    return 0;
}
#endif

int bed_socket(int domain, int type, int protocol)
{
#ifdef __APPLE__
    if (domain == AF_SYSTEM && type == SOCK_DGRAM && protocol == SYSPROTO_CONTROL)
        return done(host_dgram());
#endif
    int bits = 0;
    for (int i = 0; i < kindbit_count; i++)
        if (guest_kindbit[i] != NOTHING && type & guest_kindbit[i]) {
            bits |= 1 << i;
            type &= ~guest_kindbit[i];
        }
#ifdef PF_DIVERT
    if (domain == PF_DIVERT && type == SOCK_RAW) {  /* its addresses are AF_INET's, see divert(4) */
        domain = AF_INET;
        type = SOCK_DGRAM;
    }
#endif
    int family = IN(family, domain), kind = IN(kind, type);
    if (family <= 0)
        return fail(EAFNOSUPPORT);
    if (kind < 0)
        return fail(EPROTOTYPE);
    int fd = done(host_socket(family, kind, bits, protocol));
#ifndef __APPLE__  /* to the others, IPv6 is IPv6 alone, unless a program asks */
    int only = 1;
    if (fd >= 0 && domain == AF_INET6)
        host_setsockopt(fd, at_IPPROTO_IPV6, 4, at_IPV6_V6ONLY, 0, &only, sizeof only);
#endif
    return fd;
}

/* The plain symbol where the headers have another one: the kernel has given up that older call. */
int bed_old_socket(int domain, int type, int protocol)
{
    return fail(ENOSYS);
}

int bed_socketpair(int domain, int type, int protocol, int *pair)
{
    int bits = 0;
    for (int i = 0; i < kindbit_count; i++)
        if (guest_kindbit[i] != NOTHING && type & guest_kindbit[i]) {
            bits |= 1 << i;
            type &= ~guest_kindbit[i];
        }
    int family = IN(family, domain), kind = IN(kind, type);
    if (family <= 0)
        return fail(EAFNOSUPPORT);
    if (family != at_AF_UNIX)
        return fail(EOPNOTSUPP);
    return done(kind < 0 ? fail(EPROTOTYPE) : host_socketpair(family, kind, bits, protocol, pair));
}

int bed_bind(int fd, const struct sockaddr *addr, socklen_t length)
{
    struct bed_address name;
    return address_in(addr, length, &name) ? -1 : done(host_bind(fd, &name));
}

int bed_connect(int fd, const struct sockaddr *addr, socklen_t length)
{
    struct bed_address name;
#ifdef __APPLE__
    if (addr && addr->sa_family == AF_SYSTEM)
        return connect_control(fd, (const void *)addr, length);
#endif
    return address_in(addr, length, &name) ? -1 : done(host_connect(fd, &name));
}

int bed_listen(int fd, int backlog) { return done(host_listen(fd, backlog)); }

/* On a BSD what is accepted inherits that its listener does not block; accept4 sets it. */
static int accepted(int fd, struct sockaddr *addr, socklen_t *length, int bits, int inherits)
{
    struct bed_address name = {0};
    int new = done(host_accept(fd, &name, addr != 0, bits));
    if (new >= 0) {
        if (inherits)
            host_inherit_nonblock(fd, new);
        address_out(&name, addr, length);
    }
    return new;
}

int bed_accept(int fd, struct sockaddr *addr, socklen_t *length)
{
    return accepted(fd, addr, length, 0, 1);
}

int bed_accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags)
{
    int bits = 0;
    for (int i = 0; i < kindbit_count; i++)
        if (guest_kindbit[i] != NOTHING && flags & guest_kindbit[i])
            bits |= 1 << i;
    return accepted(fd, addr, length, bits, 0);
}

int bed_shutdown(int fd, int how) { return done(host_shutdown(fd, how)); }

int bed_close(int fd)
{
#ifdef __APPLE__
    if (fd >= 0 && fd < 1024)
        connected[fd].sc_id = 0;
#endif
    return done(host_close(fd));
}

int bed_getsockname(int fd, struct sockaddr *addr, socklen_t *length)
{
    struct bed_address name = {0};
    int n = done(host_name(fd, &name, 0));
    if (!n)
        address_out(&name, addr, length);
    return n;
}

int bed_getpeername(int fd, struct sockaddr *addr, socklen_t *length)
{
    struct bed_address name = {0};
#ifdef __APPLE__
    if (fd >= 0 && fd < 1024 && connected[fd].sc_id) {
        memcpy(addr, &connected[fd], *length < 32 ? *length : 32);
        *length = sizeof connected[fd];
        return 0;
    }
#endif
    int n = done(host_name(fd, &name, 1));
    if (!n)
        address_out(&name, addr, length);
    return n;
}

/* --- data ----------------------------------------------------------------------------- */

static int control_list(int level, const int **list)
{
    if (level == at_SOL_SOCKET)
        return *list = guest_scm, scm_count;
    if (level == at_IPPROTO_IP)
        return *list = guest_ip, ip_count;
    if (level == at_IPPROTO_IPV6)
        return *list = guest_ipv6, ipv6_count;
    return *list = 0, 0;
}

/* The control messages of a msghdr that is sent, by the guest's own macros. */
static int control_in(const struct msghdr *msg, struct bed_message *to)
{
    unsigned char *end = (unsigned char *)msg->msg_control + msg->msg_controllen;
    if (!msg->msg_control || !msg->msg_controllen)
        return 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR((struct msghdr *)msg, c)) {
        const int *list;
        if (c->cmsg_len < CMSG_LEN(0) || (unsigned char *)c + c->cmsg_len > end)
            return fail(EINVAL);
        if (to->controls == 64)
            return fail(EMSGSIZE);
        struct bed_control *one = &to->control[to->controls++];
        one->level = IN(level, c->cmsg_level);
        if (one->level < 0)
            return fail(EINVAL);
        int count = control_list(one->level, &list);
        one->type = position_of(list, count, c->cmsg_type);
        if (one->type < 0)
            return fail(EINVAL);
        one->length = c->cmsg_len - CMSG_LEN(0);
        one->data = CMSG_DATA(c);
    }
    return 0;
}

/* Close the descriptors of a message from the one at ``from``: nobody will see them. */
static void close_rights(const struct bed_control *one, bed_size from)
{
    int at = (from + sizeof(int) - 1) / sizeof(int), count = one->length / sizeof(int);
    if (one->level == at_SOL_SOCKET && one->type == at_SCM_RIGHTS)
        for (; at < count; at++)
            host_close(((int *)one->data)[at]);
}

/* Those that came, into the room that there is; whether they had to be cut.  A BSD copies as much as
   there is room for, the header unchanged.  NetBSD cuts no descriptors: they come with their padding,
   or not at all. */
static int control_out(struct msghdr *msg, const struct bed_message *from)
{
    unsigned char *at = msg->msg_control, *end = at + msg->msg_controllen;
    int cut = 0;
    msg->msg_controllen = 0;
    for (int i = 0; i < from->controls; i++) {
        const struct bed_control *one = &from->control[i];
        const int *list;
        struct cmsghdr head;
        bed_size room = at ? end - at : 0, wanted = CMSG_LEN(one->length), given = wanted;
#ifdef __NetBSD__
        int refused = one->level == at_SOL_SOCKET && room < CMSG_SPACE(one->length);
#else
        int refused = 0;
#endif
        if (cut || refused || room < sizeof head) {
            cut = 1;
            close_rights(one, 0);
            continue;
        }
        head.cmsg_len = wanted;
        head.cmsg_level = OUT(level, one->level);
        head.cmsg_type = one->type < control_list(one->level, &list) ? list[one->type] : one->type;
        if (wanted > room) {
            cut = 1;
            given = room;
        }
        bed_size data = given > CMSG_LEN(0) ? given - CMSG_LEN(0) : 0;
        memcpy(at, &head, sizeof head);
        memcpy(at + CMSG_LEN(0), one->data, data);
        if (cut)
            close_rights(one, data / sizeof(int) * sizeof(int));
        bed_size space = CMSG_SPACE(one->length);
        at += space < room ? space : room;
        msg->msg_controllen = at - (unsigned char *)msg->msg_control;
    }
    return cut;
}

ssize_t bed_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct bed_message m = {0};
    if (address_in(msg->msg_name, msg->msg_namelen, &m.name) || control_in(msg, &m))
        return -1;
    if (msg->msg_iovlen > 1024 || msg->msg_iovlen < NO_BUFFERS)
        return fail(EMSGSIZE);
    m.iov = msg->msg_iov;
    m.iovlen = msg->msg_iovlen;
#if defined __APPLE__ || defined __NetBSD__
    flags &= ~MSG_DONTWAIT;  /* means nothing to them when they send: O_NONBLOCK alone counts */
#endif
    m.flags = BITS_IN(msg, flags);
    return done(host_message(fd, &m, 1));
}

ssize_t bed_recvmsg(int fd, struct msghdr *msg, int flags)
{
    struct bed_message m = {0};
    unsigned char scratch[16384];
    if (msg->msg_iovlen > 1024 || msg->msg_iovlen < NO_BUFFERS)
        return fail(EMSGSIZE);
    m.iov = msg->msg_iov;
    m.iovlen = msg->msg_iovlen;
    m.want_name = msg->msg_name != 0;
    m.room = msg->msg_control ? msg->msg_controllen : 0;
    m.scratch = scratch;
    m.scratch_size = sizeof scratch;
    m.flags = BITS_IN(msg, flags);
    ssize_t n = done(host_message(fd, &m, 0));
    if (n < 0)
        return n;
    socklen_t length = msg->msg_namelen;
    address_out(&m.name, msg->msg_name, &length);
    msg->msg_namelen = msg->msg_name ? length : 0;
    /* A BSD answers with the flags that it was asked with, and those that it has to tell. */
    msg->msg_flags = flags | BITS_OUT(msg, m.flags);
    if (control_out(msg, &m))
        msg->msg_flags |= MSG_CTRUNC;
    return n;
}

ssize_t bed_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
                   socklen_t length)
{
    struct iovec iov = {(void *)buf, len};
    struct msghdr msg = {0};
    msg.msg_name = (void *)to;
    msg.msg_namelen = length;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    return bed_sendmsg(fd, &msg, flags);
}

ssize_t bed_send(int fd, const void *buf, size_t len, int flags)
{
    return bed_sendto(fd, buf, len, flags, 0, 0);
}

ssize_t bed_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
                     socklen_t *length)
{
    struct iovec iov = {buf, len};
    struct msghdr msg = {0};
    msg.msg_name = from;
    msg.msg_namelen = from ? *length : 0;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    ssize_t n = bed_recvmsg(fd, &msg, flags);
    if (n >= 0 && from)
        *length = msg.msg_namelen;
    return n;
}

ssize_t bed_recv(int fd, void *buf, size_t len, int flags)
{
    return bed_recvfrom(fd, buf, len, flags, 0, 0);
}

/* --- poll ----------------------------------------------------------------------------- */

static int events_in(int events) { return BITS_IN(pollbit, events); }
static int events_out(int events) { return BITS_OUT(pollbit, events); }

int bed_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return done(host_poll(fds, count, timeout, events_in, events_out));
}
