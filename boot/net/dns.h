/*
 * dns.h - DNS as values: queries out, answers in, and the two text files of a resolver.
 *
 * Pure: no socket, no clock, no file. Messages as RFC 1035 says, AAAA as RFC 3596. An answer is believed only
 * when its id and its question are those of the query; CNAME chains of up to 16 links are followed inside one
 * message, owner by owner, so that records that nobody asked for are not looked at. No EDNS: an answer that
 * does not fit comes by TCP.
 */
#ifndef HEARTH_NET_DNS_H
#define HEARTH_NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_QUERY_MAX 272    /* bytes of a query: header, a name of 255, type and class */
#define DNS_MESSAGE_MAX 4096 /* bytes of an answer that is read, UDP or TCP */
#define DNS_ADDRESSES_MAX 8  /* kept of one answer */
#define DNS_SERVERS_MAX 3    /* as resolv.conf(5) */
#define DNS_CHAIN_MAX 16

enum dns_type { DNS_A = 1, DNS_AAAA = 28 };

struct dns_address {
    bool v6;
    /* 4 or 16, network order */
    unsigned char bytes[16];
    /* interface index of a link-local IPv6 address, or 0 */
    uint32_t scope;
};

enum dns_outcome {
    DNS_FOUND,     /* at least one address */
    DNS_NXDOMAIN,  /* no such name */
    DNS_NODATA,    /* the name exists without an address of this type */
    DNS_TRUNCATED, /* ask again by TCP */
    DNS_FAILED,    /* the server says SERVFAIL or another error */
    DNS_REFUSED,   /* the server says REFUSED: it does not serve who asks */
    DNS_FOREIGN,   /* not an answer to this query: wait on */
    DNS_BROKEN     /* the answer to this query, but malformed */
};

/* Writes a query with recursion desired; the length, or 0 when the name does not fit DNS. out has
 * DNS_QUERY_MAX bytes. */
size_t dns_query(unsigned char *out, uint16_t id, const char *name, enum dns_type type);

/* Judges a message of n bytes as the answer to that query. With DNS_FOUND out (DNS_ADDRESSES_MAX) holds
 * *count addresses; *count is 0 with all else. */
enum dns_outcome dns_answer(const void *message, size_t n, uint16_t id, const char *name, enum dns_type type,
                            struct dns_address *out, unsigned *count);

/* The addresses of a name in the text of /etc/hosts, up to max; lines longer than 1024 bytes are skipped.
 * localhost and what is below it is loopback (RFC 6761) when the text has no line for it: DNS is never
 * asked. */
unsigned dns_hosts(const char *text, const char *name, struct dns_address *out, unsigned max);

/* The nameserver lines of the text of /etc/resolv.conf, up to DNS_SERVERS_MAX; search domains are not used. */
unsigned dns_servers(const char *text, struct dns_address *out);

/* An IPv4 or IPv6 address in text form; an IPv6 one may carry %INTERFACE, given as a number. */
bool dns_address(const char *text, size_t n, struct dns_address *out);
/* The other way (RFC 5952), without the interface. Returns out. */
#define DNS_ADDRESS_TEXT_MAX 46
const char *dns_address_text(const struct dns_address *address, char out[DNS_ADDRESS_TEXT_MAX]);
/* 0.0.0.0/8 and ::, which are no host's (RFC 1122 3.2.1.3, RFC 4291 2.5.2); 127.0.0.0/8 and ::1, one's own. Filters
 * give both. */
bool dns_address_nowhere(const struct dns_address *address);
bool dns_address_loopback(const struct dns_address *address);
bool dns_address_same(const struct dns_address *a, const struct dns_address *b);

#endif
