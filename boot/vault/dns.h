/*
 * dns.h - DNS as values: queries out, answers in, and the two text files of a resolver.
 *
 * Pure: no socket, no clock, no file. Messages as RFC 1035 says, AAAA as RFC 3596. An answer is believed only
 * when its id and its question are those of the query; CNAME chains of up to 16 links are followed inside one
 * message, owner by owner, so that records that nobody asked for are not looked at. No EDNS: an answer that
 * does not fit comes by TCP.
 */
#ifndef HEARTH_VAULT_DNS_H
#define HEARTH_VAULT_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_QUERY_MAX 272    /* bytes of a query: header, a name of 255, type and class */
#define DNS_MESSAGE_MAX 4096 /* bytes of an answer that is read, UDP or TCP */
#define DNS_ADDRESSES_MAX 8  /* kept of one answer */
#define DNS_SERVERS_MAX 3    /* as resolv.conf(5) */
#define DNS_CHAIN_MAX 16

enum dns_type { DNS_A = 1, DNS_AAAA = 28 };

struct address {
    bool v6;
    unsigned char bytes[16]; /* 4 or 16, network order */
    uint32_t scope;          /* interface index of a link-local IPv6 address, or 0 */
};

enum dns_outcome {
    DNS_FOUND,     /* at least one address */
    DNS_NXDOMAIN,  /* no such name */
    DNS_NODATA,    /* the name exists without an address of this type */
    DNS_TRUNCATED, /* ask again by TCP */
    DNS_FAILED,    /* the server says SERVFAIL, REFUSED or another error */
    DNS_FOREIGN,   /* not an answer to this query: wait on */
    DNS_BROKEN     /* the answer to this query, but malformed */
};

/* Writes a query with recursion desired; the length, or 0 when the name does not fit DNS. out has
 * DNS_QUERY_MAX bytes. */
size_t dns_query(unsigned char *out, uint16_t id, const char *name, enum dns_type type);

/* Judges a message of n bytes as the answer to that query. With DNS_FOUND out (DNS_ADDRESSES_MAX) holds
 * *count addresses. */
enum dns_outcome dns_answer(const void *message, size_t n, uint16_t id, const char *name, enum dns_type type,
                            struct address *out, unsigned *count);

/* The addresses of a name in the text of /etc/hosts, up to max; lines longer than 1024 bytes are skipped.
 * localhost and what is below it is loopback (RFC 6761) when the text has no line for it: DNS is never
 * asked. */
unsigned dns_hosts(const char *text, const char *name, struct address *out, unsigned max);

/* The nameserver lines of the text of /etc/resolv.conf, up to DNS_SERVERS_MAX; search domains are not used. */
unsigned dns_servers(const char *text, struct address *out);

/* An IPv4 or IPv6 address in text form; an IPv6 one may carry %INTERFACE, given as a number. */
bool address_parse(const char *text, size_t n, struct address *out);

#endif
