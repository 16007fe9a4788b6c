/* The guest half, continued: the functions of <netdb.h>, <arpa/inet.h> and <net/if.h>. */
#include "guest.h"

int bed_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                    struct addrinfo **found)
{
    struct bed_info asked = {0}, *answer = 0;
    if (hints) {
        asked.flags = BITS_IN(ai, hints->ai_flags);
        asked.family = IN(family, hints->ai_family);
        asked.kind = hints->ai_socktype ? IN(kind, hints->ai_socktype) : -1;
        asked.protocol = hints->ai_protocol;
        if (asked.family < 0)
            return EAI_FAMILY;
        if (hints->ai_socktype && asked.kind < 0)
            return EAI_SOCKTYPE;
    } else
        asked.kind = -1;
    int code = host_getaddrinfo(node, service, &asked, &answer);
    if (code) {
        code = code < 0 ? EAI_FAIL : guest_eai[code - 1];
        if (code == EAI_SYSTEM)
            done(-1);
        return code == NOTHING ? EAI_NONAME : code;
    }
    struct addrinfo **last = found;
    for (struct bed_info *one = answer; one; one = one->next) {
        struct sockaddr_storage form;
        unsigned size = address_form(&one->address, &form);
        struct addrinfo *info = host_memory(sizeof *info);
        struct sockaddr *name = host_memory(sizeof form);
        memset(info, 0, sizeof *info);
        memcpy(name, &form, sizeof form);
        info->ai_family = OUT(family, one->family);
        info->ai_socktype = OUT(kind, one->kind);
        info->ai_protocol = one->protocol;
        info->ai_addrlen = size;
        info->ai_addr = name;
        if (one->canonical) {
            info->ai_canonname = host_memory(strlen(one->canonical) + 1);
            strcpy(info->ai_canonname, one->canonical);
        }
        *last = info;
        last = &info->ai_next;
    }
    *last = 0;
    host_freeinfo(answer);
    return 0;
}

void bed_freeaddrinfo(struct addrinfo *info)
{
    while (info) {
        struct addrinfo *next = info->ai_next;
        host_free(info->ai_canonname);
        host_free(info->ai_addr);
        host_free(info);
        info = next;
    }
}

const char *bed_gai_strerror(int code) { return host_gai_text(IN(eai, code)); }

int bed_getnameinfo(const struct sockaddr *addr, socklen_t length, char *host, socklen_t hostlen,
                    char *serv, socklen_t servlen, int flags)
{
    struct bed_address name;
    if (address_in(addr, length, &name))
        return EAI_FAMILY;
    int code = host_getnameinfo(&name, host, hostlen, serv, servlen, BITS_IN(ni, flags));
    return code ? guest_eai[code - 1] : 0;
}

/* struct hostent is the same on both sides, but for the family's number. */
static struct hostent *hostent_of(void *found, int family)
{
    struct hostent *host = found;
    if (host)
        host->h_addrtype = family;
    return host;
}

/* h_errno: a macro for what __h_errno() points to, or a variable. */
int bed_h_errno;
int *bed___h_errno(void) { return &bed_h_errno; }

struct hostent *bed_gethostbyname(const char *name)
{
    return hostent_of(host_hostbyname(name, &bed_h_errno), AF_INET);
}

struct hostent *bed_gethostbyaddr(const void *address, socklen_t length, int family)
{
    return hostent_of(host_hostbyaddr(address, length, IN(family, family), &bed_h_errno), family);
}

#ifdef __NetBSD__ /* where they take no result pointer, and answer with the struct */
struct hostent *bed_gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t size,
                                    int *h_error)
{
    struct hostent *found = hostent_of(host_hostbyname(name, h_error), AF_INET);
    return found ? (*ret = *found, ret) : 0;
}

struct hostent *bed_gethostbyaddr_r(const void *address, socklen_t length, int family,
                                    struct hostent *ret, char *buf, size_t size, int *h_error)
{
    struct hostent *found =
        hostent_of(host_hostbyaddr(address, length, IN(family, family), h_error), family);
    return found ? (*ret = *found, ret) : 0;
}
#else
int bed_gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t size,
                        struct hostent **result, int *h_error)
{
    struct hostent *found = hostent_of(host_hostbyname(name, h_error), AF_INET);
    *result = found ? (*ret = *found, ret) : 0;
    return found ? 0 : 1;
}

int bed_gethostbyaddr_r(const void *address, socklen_t length, int family, struct hostent *ret,
                        char *buf, size_t size, struct hostent **result, int *h_error)
{
    struct hostent *found =
        hostent_of(host_hostbyaddr(address, length, IN(family, family), h_error), family);
    *result = found ? (*ret = *found, ret) : 0;
    return found ? 0 : 1;
}
#endif

int bed_inet_pton(int family, const char *text, void *to)
{
    int at = IN(family, family);
    return at < 0 ? fail(EAFNOSUPPORT) : done(host_inet_pton(at, text, to));
}

const char *bed_inet_ntop(int family, const void *from, char *to, socklen_t size)
{
    const char *text = host_inet_ntop(IN(family, family), from, to, size);
    if (!text)
        done(-1);
    return text;
}

/* The same on both sides, struct and all; only an errno may have to be brought back. */
#define SAME(result, name, failed, parameters, arguments)                                          \
    result bed_##name parameters                                                                   \
    {                                                                                              \
        result(*function) parameters = host_function(#name);                                       \
        result answer = function arguments;                                                        \
        if (answer == failed)                                                                      \
            done(-1);                                                                              \
        return answer;                                                                             \
    }

SAME(const char *, hstrerror, 0, (int code), (code));
SAME(struct servent *, getservbyname, 0, (const char *name, const char *proto), (name, proto));
SAME(struct servent *, getservbyport, 0, (int port, const char *proto), (port, proto));
SAME(struct protoent *, getprotobyname, 0, (const char *name), (name));
SAME(int, inet_aton, -1, (const char *text, struct in_addr *to), (text, to));
SAME(struct if_nameindex *, if_nameindex, 0, (void), ());
SAME(unsigned, if_nametoindex, 0, (const char *name), (name));
SAME(char *, if_indextoname, 0, (unsigned index, char *name), (index, name));
SAME(int, gethostname, -1, (char *name, size_t size), (name, size));
SAME(int, sethostname, -1, (const char *name, size_t size), (name, size));

void bed_if_freenameindex(struct if_nameindex *given)
{
    void (*function)(void *) = host_function("if_freenameindex");
    function(given);
}

/* What the loader asks for: the guest's numbers for the errno names it knows. */
int bed_errno_count(void) { return errno_count; }
int bed_errno_at(int at) { return guest_errno[at]; }
