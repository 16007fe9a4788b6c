/* What the files of the guest half share: the system's headers, the lists of names, and the way of a
   call to host.c and back. */
#ifndef GUEST_H
#define GUEST_H

#include <sys/types.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/ucred.h>
#include <sys/un.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include "bed.h"

#define TABLE(name) guest_##name
#include "names.inc"

/* build.py gives each bed_… the symbol by which programs link to it, which a header may change. */
#define IN(list, value) position_of(guest_##list, list##_count, value)
#define OUT(list, at) ((at) < 0 ? -1 : guest_##list[at])
#define BITS_IN(list, value) bits_to_positions(guest_##list, list##_count, value)
#define BITS_OUT(list, found) positions_to_bits(guest_##list, list##_count, found)

static inline int fail(int number)
{
    host_set_errno(number);
    return -1;
}

/* What a host_ function answered; −1 with the guest's number for the host's errno. */
static inline long done(long answer)
{
    if (answer >= 0)
        return answer;
    int at = host_error();
    return fail(at < 0 ? 10000 - at : guest_errno[at] == NOTHING ? EINVAL : guest_errno[at]);
}

/* A guest's address in neutral terms; −1 if its kernel would refuse it (guest.c). */
int address_in(const struct sockaddr *given, unsigned length, struct bed_address *name);

/* The guest's form of an address; its size. */
unsigned address_form(const struct bed_address *name, struct sockaddr_storage *form);

#endif
