/*
 * names.h - the vocabulary of facts: every name that some box could have, and its type.
 *
 * One table serves the check of a --facts file and the check of `match:` keys. Names are
 * those of Talos's resources where it has one (Disk, LinkStatus, SystemInformation, MemoryModule).
 */
#ifndef HEARTH_FACTS_NAMES_H
#define HEARTH_FACTS_NAMES_H

enum fact_type { FACT_STRING, FACT_INTEGER, FACT_BOOLEAN, FACT_GROUP, FACT_LIST };

struct fact_name {
    /* dotted; fields of list elements stand under the list's name */
    const char *name;
    enum fact_type type;
};

/* The row of a dotted name, or NULL and the nearest name of any row (NULL when none is near). nearest
 * may be NULL. */
const struct fact_name *names_find(const char *name, const char **nearest);

/* "a string", "a list of objects" ... */
const char *names_type_text(enum fact_type type);

#endif
