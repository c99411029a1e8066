/* May hearth act on what it sees? Times are given, none passes. */
#include "node/ready.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BUILT 1780000000
#define DISKS "{\"disks\":[{\"name\":\"sda\",\"installable\":true}],\"links\":[]}"

struct scene {
    struct ready ready;
    struct look_disk disk;
    struct look look;
    struct ready_seen seen;
    json_t *facts;
};

static void begin(struct scene *s, const char *facts)
{
    *s = (struct scene){.disk = {.id = "sda", .transport = "sata"}};
    s->facts = json_loads(facts, 0, NULL);
    assert_non_null(s->facts);
    s->look = (struct look){
        .devices_ready = true, .time_synced = true, .address_count = 1, .disks = &s->disk, .disk_count = 1};
    s->seen = (struct ready_seen){
        .look = &s->look, .facts = s->facts, .name_server = true, .time = BUILT + 10, .built = BUILT};
}

static int at(struct scene *s, uint64_t ms, struct error *e)
{
    s->seen.elapsed_ms = s->seen.addressed_ms = ms;
    /* What they are known by here, as facts_devices() has it of a box; without the lists nothing: it never settles. */
    json_t *devices =
        json_pack("[O, O]", json_object_get(s->facts, "disks"), json_object_get(s->facts, "links"));
    s->seen.facts = ready_quiet(&s->ready, devices, ms) ? s->facts : NULL;
    *e = (struct error){0};
    return ready_judge(&s->ready, &s->seen, e);
}

static void end(struct scene *s)
{
    ready_free(&s->ready);
    json_decref(s->facts);
}

static void all_met(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, DISKS);
    struct error e;
    assert_int_equal(at(&s, 0, &e), 0); /* not quiet for two seconds yet */
    assert_false(s.ready.met[READY_DISKS]);
    assert_true(s.ready.met[READY_LINK] && s.ready.met[READY_DNS] && s.ready.met[READY_CLOCK]);
    assert_int_equal(at(&s, 1999, &e), 0);
    assert_int_equal(at(&s, 2000, &e), 1);
    end(&s);
}

/* A disk that comes late begins the two seconds anew, and so does a link. */
static void quiet_again(void **state)
{
    (void)state;
    static const char *const later[] = {
        "{\"disks\":[{\"name\":\"sda\",\"installable\":true},{\"name\":\"sdb\",\"installable\":true}],"
        "\"links\":[]}",
        "{\"disks\":[{\"name\":\"sda\",\"installable\":true}],\"links\":[{\"name\":\"eth0\"}]}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        begin(&s, DISKS);
        struct error e;
        assert_int_equal(at(&s, 0, &e), 0);
        json_decref(s.facts);
        s.facts = json_loads(later[i], 0, NULL);
        assert_int_equal(at(&s, 1900, &e), 0);
        assert_int_equal(at(&s, 3899, &e), 0);
        assert_int_equal(at(&s, 3900, &e), 1);
        end(&s);
    }
}

/* The looks of a wait with nothing wrong: few, and the last one not later than it must be. */
static void pauses(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        unsigned pause;
    } table[] = {{0, 2000},   {900, 1100}, {1000, 1000}, {1600, 400},
                 {1749, 251}, {1750, 250}, {1999, 250},  {59000, 250}};
    struct scene s;
    begin(&s, DISKS);
    s.look.address_count = 0;
    struct error e;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        (void)at(&s, table[i].ms, &e);
        assert_int_equal(ready_pause(&s.ready, &s.seen), table[i].pause);
    }
    end(&s);
}

static void expect(struct scene *s, uint64_t last, enum error_code code, const char *says)
{
    struct error e;
    assert_int_equal(at(s, 0, &e), 0);
    assert_int_equal(at(s, last - 1, &e), 0);
    assert_int_equal(at(s, last, &e), -1);
    assert_int_equal(e.code, code);
    if (!strstr(e.text, says))
        fail_msg("%s does not say %s", e.text, says);
    end(s);
}

static void gives_up(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, DISKS);
    s.look.devices_ready = false;
    expect(&s, 60000, E_WAIT_DISKS, "udev not settled; disks seen: sda (sata)");
    begin(&s, "{\"disks\":[{\"name\":\"sda\",\"installable\":false}],\"links\":[]}");
    expect(&s, 60000, E_WAIT_DISKS, "udev settled");
    begin(&s, DISKS);
    s.look.disk_count = 0; /* the facts have it, machined has not */
    expect(&s, 60000, E_WAIT_DISKS, "disks seen: none");
    begin(&s, DISKS);
    s.disk = (struct look_disk){.id = "loop0", .transport = "", .readonly = true}; /* a layer of the medium */
    expect(&s, 60000, E_WAIT_DISKS, "disks seen: none");
    begin(&s, "{\"disks\":[],\"links\":[{},{}]}");
    s.look.address_count = 0;
    s.look.devices_ready = false;
    expect(&s, 60000, E_WAIT_DISKS, "disks seen: sda");
    /* Of the links a person has ports in mind, and no lo, bond or dummy. */
    begin(&s,
          "{\"disks\":[{\"installable\":true}],\"links\":[{\"physical\":false},{\"physical\":true,"
          "\"link_state\":false},{\"physical\":true,\"link_state\":true},{}]}");
    s.look.address_count = 0;
    expect(&s, 60000, E_WAIT_LINK, "2 network ports, 1 with a link");
    begin(&s, DISKS);
    s.seen.name_server = false;
    expect(&s, 30000, E_WAIT_DNS, "after 30 s");
    begin(&s, "{}"); /* facts without the lists never settle */
    expect(&s, 60000, E_WAIT_DISKS, "udev settled");
}

static void clock_rules(void **state)
{
    (void)state;
    struct scene s;
    /* Not synchronized: a plausible clock is enough after a minute. */
    begin(&s, DISKS);
    s.look.time_synced = false;
    struct error e;
    assert_int_equal(at(&s, 0, &e), 0);
    assert_int_equal(at(&s, 59999, &e), 0);
    assert_int_equal(at(&s, 60000, &e), 1);
    assert_true(s.ready.unsynchronized);
    end(&s);
    /* Or at once where a config has turned the sync off. */
    begin(&s, DISKS);
    s.look.time_synced = false;
    s.look.time_sync_off = true;
    assert_int_equal(at(&s, 0, &e), 0);
    assert_int_equal(at(&s, 2000, &e), 1);
    end(&s);
    /* 1970 and 2050 are believed only of Talos's own sync. */
    for (int future = 0; future < 2; future++) {
        begin(&s, DISKS);
        s.look.time_synced = false;
        s.seen.time = future ? (int64_t)2540000000 : 0;
        expect(&s, 62000, E_CLOCK, future ? "2050" : "1970");
    }
    begin(&s, DISKS);
    s.look.time_sync_off = true;
    s.look.time_synced = false;
    s.seen.time = BUILT - 1;
    expect(&s, 62000, E_CLOCK, "after 62 s");
    /* The minute is counted from the first address, not from this wait's begin: a retry does not begin it anew. */
    begin(&s, DISKS);
    s.look.time_synced = false;
    assert_int_equal(at(&s, 0, &e), 0);
    s.seen.facts = s.facts;
    s.seen.elapsed_ms = 2000;
    s.seen.addressed_ms = 70000;
    assert_int_equal(ready_judge(&s.ready, &s.seen, &e), 1);
    end(&s);
    /* And not before there is one: nobody can have been asked. */
    begin(&s, DISKS);
    s.look.time_synced = false;
    assert_int_equal(at(&s, 0, &e), 0);
    s.seen.facts = s.facts;
    s.seen.elapsed_ms = 59000;
    s.seen.addressed_ms = 1000;
    assert_int_equal(ready_judge(&s.ready, &s.seen, &e), 0);
    s.seen.elapsed_ms = 63000;
    s.seen.addressed_ms = 5000;
    s.seen.time = 0;
    assert_int_equal(ready_judge(&s.ready, &s.seen, &e), 0);
    end(&s);
}

static void names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < READY_COUNT; i++) {
        unsigned seconds = 0;
        assert_true(strlen(ready_name((enum ready_what)i, &seconds)) > 0);
        assert_true(seconds >= 30 && seconds <= 70);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_met), cmocka_unit_test(quiet_again), cmocka_unit_test(gives_up),
        cmocka_unit_test(pauses),  cmocka_unit_test(clock_rules), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
