#include "base/mem.h"
#include "base/text.h"
#include "facts/clean.h"
#include "facts/identity.h"
#include "facts/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARPHRD_ETHER_ 1
#define ADDR_PERMANENT 0 /* net/core: the address came from the hardware */

static json_t *text_fact(const struct sysfs *s, const char *dir, const char *name)
{
    UNSET char text[SYSFS_TEXT_MAX];
    return sysfs_text(s, dir, name, text) ? clean_plain(text) : json_null();
}

static json_t *address_fact(const struct sysfs *s, const char *dir, const char *name)
{
    UNSET char text[SYSFS_TEXT_MAX];
    if (!sysfs_text(s, dir, name, text))
        return json_null();
    for (char *c = text; *c; c++)
        *c = text_lower(*c);
    return clean_plain(text);
}

static bool is_pci_address(const char *s)
{
    /* dddd:bb:dd.f, domain of four digits or more */
    size_t n = strspn(s, "0123456789abcdef");
    const char *at = s + n;
    return n >= 4 && at[0] == ':' && strspn(at + 1, "0123456789abcdef") == 2 && at[3] == ':' &&
        strspn(at + 4, "0123456789abcdef") == 2 && at[6] == '.' && at[7] >= '0' && at[7] <= '7' &&
        at[8] == '\0';
}

/* What a driver answers to ETHTOOL_GDRVINFO, which is Talos's busPath: the PCI address, of a USB
 * device "usb-CONTROLLER-PORTS". */
static json_t *bus_path_fact(const char *device)
{
    UNSET char path[SYSFS_PATH_MAX];
    snprintf(path, sizeof path, "%s", device);
    char usb[64] = "";
    for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
        const char *part = slash + 1;
        const char *dash = strchr(part, '-');
        /* 2-1.4 is a device at ports 1.4 of bus 2; 2-1.4:1.0 is one of its interfaces. */
        if (dash && dash > part && strspn(part, "0123456789") == (size_t)(dash - part) &&
            !strchr(part, ':') && !*usb)
            snprintf(usb, sizeof usb, "%s", dash + 1);
        if (is_pci_address(part)) {
            char out[128];
            snprintf(out, sizeof out, *usb ? "usb-%s-%s" : "%s", part, usb);
            return clean_plain(out);
        }
        *slash = '\0';
    }
    const char *last = strrchr(device, '/');
    return clean_plain(last ? last + 1 : device);
}

static json_t *driver_fact(const struct sysfs *s, const char *device)
{
    UNSET char text[SYSFS_TEXT_MAX];
    if (sysfs_uevent(s, device, "DRIVER", text))
        return clean_plain(text);
    UNSET char path[SYSFS_PATH_MAX];
    UNSET char driver[SYSFS_PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/driver", device) >= sizeof path ||
        !sysfs_resolve(s, path, driver))
        return json_null();
    const char *last = strrchr(driver, '/');
    return clean_plain(last ? last + 1 : driver);
}

/* Not every Ethernet on USB is a port: a BMC shows the host one that ends in itself, and a phone one that leaves with
 * it. */
static bool is_port(const char *name, const json_t *driver)
{
    static const char *const drivers[] = {"cdc_ether", "cdc_eem", "cdc_subset", "rndis_host", "ipheth"};
    const char *text = json_string_value(driver);
    for (size_t i = 0; text && i < sizeof drivers / sizeof *drivers; i++)
        if (strcmp(text, drivers[i]) == 0)
            return false;
    return !text_glob("idrac*", name) && !text_glob("bmc*", name);
}

/* The kernel says -1 for unknown, and refuses to say for a link that is down. */
static json_t *speed_fact(const struct sysfs *s, const char *dir)
{
    int64_t speed;
    bool known = sysfs_number(s, dir, "speed", &speed) && speed > 0 && speed < INT64_C(0x7fffffff);
    return known ? json_integer(speed) : json_null();
}

static json_t *link_fact(const struct sysfs *s, const char *name, const char *dir)
{
    UNSET char device[SYSFS_PATH_MAX];
    UNSET char path[SYSFS_PATH_MAX];
    int64_t type = -1;
    bool real =
        (size_t)snprintf(path, sizeof path, "%s/device", dir) < sizeof path && sysfs_resolve(s, path, device);
    sysfs_number(s, dir, "type", &type);
    int64_t carrier = 0;
    sysfs_number(s, dir, "carrier", &carrier);
    UNSET char text[SYSFS_TEXT_MAX];
    /* wlan, vlan, bridge and their kin say so; a plain NIC has no DEVTYPE. */
    bool plain = !sysfs_uevent(s, dir, "DEVTYPE", text);

    json_t *link = json_object();
    json_object_set_new(link, "name", clean_plain(name));
    json_object_set_new(link, "hardware_addr", address_fact(s, dir, "address"));
    json_object_set_new(link, "type", type >= 0 ? json_integer(type) : json_null());
    json_t *driver = real ? driver_fact(s, device) : json_null();
    json_object_set_new(link, "physical",
                        json_boolean(type == ARPHRD_ETHER_ && real && plain && is_port(name, driver)));
    json_object_set_new(link, "bus_path", real ? bus_path_fact(device) : json_null());
    json_object_set_new(link, "pci_id",
                        real && sysfs_uevent(s, device, "PCI_ID", text) ? clean_plain(text) : json_null());
    json_object_set_new(link, "driver", driver);
    json_object_set_new(link, "addr_assign_type", facts_number(s, dir, "addr_assign_type"));
    json_object_set_new(link, "operational_state", text_fact(s, dir, "operstate"));
    json_object_set_new(link, "link_state", json_boolean(carrier == 1));
    json_object_set_new(link, "speed_mbit", speed_fact(s, dir));
    /* Only a bond tells its members' own addresses in sysfs, and there they differ. */
    json_t *permanent = address_fact(s, dir, "bonding_slave/perm_hwaddr");
    if (!json_is_null(permanent))
        json_object_set_new(link, "permanent_addr", permanent);
    return link;
}

json_t *links_read(const struct sysfs *s)
{
    json_t *links = json_array();
    struct sysfs_names names = sysfs_list(s, "sys/class/net");
    for (unsigned i = 0; i < names.count; i++) {
        UNSET char path[SYSFS_PATH_MAX];
        snprintf(path, sizeof path, "sys/class/net/%s", names.name[i]);
        UNSET char dir[SYSFS_PATH_MAX];
        /* bonding_masters is a file among the links. */
        if (sysfs_resolve(s, path, dir) && sysfs_exists(s, dir, "address"))
            json_array_append_new(links, link_fact(s, names.name[i], dir));
    }
    sysfs_names_free(&names);
    return links;
}

/* How good an address is to know a box by: 0 is best, 9 not at all. */
static unsigned address_rank(const json_t *link, const char **address)
{
    const char *own = json_string_value(json_object_get(link, "permanent_addr"));
    const json_t *assigned = json_object_get(link, "addr_assign_type");
    const char *bus = json_string_value(json_object_get(link, "bus_path"));
    *address = own ? own : json_string_value(json_object_get(link, "hardware_addr"));
    if (!json_is_true(json_object_get(link, "physical")) || !*address)
        return 9;
    if (!own && json_is_integer(assigned) && json_integer_value(assigned) != ADDR_PERMANENT)
        return 9;
    if (identity_flaw(IDENTITY_MAC, *address))
        return 9;
    unsigned long first = strtoul(*address, NULL, 16);
    return ((first & 2) ? 2u : 0) + (bus && strncmp(bus, "usb-", 4) == 0);
}

json_t *links_mac(const json_t *links)
{
    const char *best = NULL;
    unsigned least = 9;
    for (size_t i = 0; i < json_array_size(links); i++) {
        const char *address;
        unsigned rank = address_rank(json_array_get(links, i), &address);
        if (rank < least) {
            least = rank;
            best = address;
        }
    }
    return best ? json_string(best) : json_null();
}
