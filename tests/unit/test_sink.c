/* render/sink: whole or not at all, and nobody else's files are touched. */
#include "render_kit.h"

#include "render/sink.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char room[64]; /* a fresh directory for each test */

static int make_room(void **state)
{
    (void)state;
    snprintf(room, sizeof room, "/tmp/hearth-sink-XXXXXX");
    return mkdtemp(room) ? chdir(room) : -1;
}

static int clear_room(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "chmod -R u+rwx '%s'; rm -rf '%s'", room, room);
    return chdir("/") == 0 ? system(command) : -1;
}

/* What a rendering gives, with `mark` in every file. */
static struct rendered sample(const char *mark)
{
    struct rendered r = {0};
    buf_printf(&r.machine_config, "version: v1alpha1 # %s\n", mark);
    r.manifest_count = 2;
    r.manifests = mem_alloc_array(2, sizeof *r.manifests);
    r.manifests[0].name = "10-namespaces";
    r.manifests[1].name = "20-flux-components";
    for (unsigned i = 0; i < 2; i++) {
        struct buf *made = &r.manifests[i].made;
        buf_printf(made, "# %s\n", mark);
        r.manifests[i].contents = (struct span){(const unsigned char *)made->data, made->len};
    }
    buf_printf(
        &r.plan_json,
        "{\"apiVersion\": \"hearth/v1\", \"kind\": \"Rendered\", \"name\": \"%s\", \"manifests\": ["
        "{\"file\": \"manifests/10-namespaces.yaml\"}, {\"file\": \"manifests/20-flux-components.yaml\"}]}\n",
        mark);
    return r;
}

static int write_sample(const char *out, const char *mark, struct error *e)
{
    struct rendered r = sample(mark);
    int result = sink_directory(out, &r, e);
    render_free(&r);
    return result;
}

static void holds(const char *path, const char *expected)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: %s", path, strerror(errno));
    char text[512] = "";
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    if (!strstr(text, expected))
        fail_msg("%s does not hold \"%s\"", path, expected);
}

static void whole(const char *out, const char *mark)
{
    static const char *const files[] = {"machine-config.yaml", "plan.json", "manifests/10-namespaces.yaml",
                                        "manifests/20-flux-components.yaml"};
    char path[256];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", out, files[i]);
        holds(path, mark);
    }
}

/* How many entries a directory has. */
static unsigned entries(const char *dir)
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    unsigned n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void refused(const char *out, const char *words)
{
    struct error e = {0};
    assert_int_equal(write_sample(out, "new", &e), -1);
    assert_int_equal(e.code, E_OUT_FOREIGN);
    if (!strstr(e.text, words))
        fail_msg("%s", e.text);
}

static void mode_is(const char *path, mode_t mode)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    if ((st.st_mode & 07777) != mode)
        fail_msg("%s has mode %o", path, (unsigned)(st.st_mode & 07777));
}

static void everything_is_private_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 022, 077, 0277};
    (void)state;
    struct error e = {0};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        mode_t before = umask(masks[i]);
        int result = write_sample("out", "one", &e);
        umask(before);
        if (result != 0)
            fail_msg("%s", e.text);
        whole("out", "one");
        mode_is("out", 0700);
        mode_is("out/manifests", 0700);
        mode_is("out/machine-config.yaml", 0600);
        mode_is("out/plan.json", 0600);
        mode_is("out/.gitignore", 0600);
        mode_is("out/manifests/10-namespaces.yaml", 0600);
        assert_int_equal(entries("."), 1);
        assert_int_equal(entries("out"), 4);
    }
}

static void an_earlier_output_is_replaced_whole(void **state)
{
    (void)state;
    struct error e = {0};
    assert_int_equal(write_sample("out", "one", &e), 0);
    assert_int_equal(write_sample("./out//", "two", &e), 0);
    whole("out", "two");
    struct rendered worker = {0};
    /* A worker has no manifests: none of the old ones may stay. */
    buf_str(&worker.machine_config, "three");
    buf_str(&worker.plan_json, "{\"apiVersion\": \"hearth/v1\", \"kind\": \"Rendered\", \"manifests\": []}");
    assert_int_equal(sink_directory("out", &worker, &e), 0);
    assert_int_equal(entries("out"), 3);
    assert_int_equal(entries("."), 1);
    render_free(&worker);
    assert_int_equal(mkdir("empty", 0755), 0);
    assert_int_equal(write_sample("empty", "four", &e), 0);
    whole("empty", "four");
    mode_is("empty", 0700);
}

static void a_strangers_directory_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(mkdir("out", 0755), 0);
    put("out/notes.txt", "mine");
    refused("out", "holds files that hearth did not write");
    holds("out/notes.txt", "mine");
    assert_int_equal(unlink("out/notes.txt"), 0);

    put("out/plan.json", "{\"apiVersion\": \"v1\", \"kind\": \"List\"}");
    refused("out", "did not write");
    put("out/plan.json", "{\"apiVersion\": \"hearth/v1\", \"kind\": \"Plan\", \"manifests\": []}");
    refused("out", "did not write");
    put("out/plan.json", "not json");
    refused("out", "did not write");
    assert_int_equal(unlink("out/plan.json"), 0);

    struct error e = {0};
    assert_int_equal(write_sample("out", "one", &e), 0);
    put("out/notes.txt", "mine");
    refused("out", "did not write");
    whole("out", "one");
    assert_int_equal(unlink("out/notes.txt"), 0);
    put("out/manifests/50-mine.yaml", "mine");
    refused("out", "did not write");
    assert_int_equal(unlink("out/manifests/50-mine.yaml"), 0);
    assert_int_equal(mkdir("out/manifests/sub", 0755), 0);
    refused("out", "did not write");
    assert_int_equal(rmdir("out/manifests/sub"), 0);
    assert_int_equal(unlink("out/machine-config.yaml"), 0);
    assert_int_equal(symlink("/etc/passwd", "out/machine-config.yaml"), 0);
    refused("out", "did not write");
    assert_int_equal(entries("."), 1);
}

static void odd_names_are_refused(void **state)
{
    (void)state;
    char long_name[300];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    put("file", "mine");
    refused("file", "is not a directory");
    assert_int_equal(mkdir("real", 0755), 0);
    assert_int_equal(symlink("real", "link"), 0);
    refused("link", "is a symbolic link");
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    refused("dangling", "is a symbolic link");
    refused(".", "cannot be replaced");
    refused("..", "cannot be replaced");
    refused("real/..", "cannot be replaced");
    refused("/", "cannot be replaced");
    refused("", "cannot be replaced");
    refused(long_name, "cannot be replaced");
    struct error e = {0};
    assert_int_equal(write_sample("absent/out", "one", &e), -1);
    assert_int_equal(e.code, E_FILE_WRITE);
    assert_int_equal(write_sample("file/out", "one", &e), -1);
    assert_int_equal(e.code, E_FILE_WRITE);
    /* A symbolic link on the way is the user's own business. */
    assert_int_equal(write_sample("link/out", "one", &e), 0);
    whole("real/out", "one");
    assert_int_equal(entries("."), 4);
}

static void a_manifest_with_no_file_name_is_refused(void **state)
{
    static const char *const names[] = {"../escape", "a/b", ".hidden", "", "nul\n"};
    (void)state;
    struct error e = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct rendered r = sample("one");
        r.manifests[1].name = names[i];
        assert_int_equal(sink_directory("out", &r, &e), -1);
        assert_int_equal(e.code, E_FILE_WRITE);
        assert_int_equal(entries("."), 0);
        render_free(&r);
    }
}

/* Runs in a child, so that limits and mounts go with it. 77: the machine does not allow the test. */
static int in_child(int (*run)(void))
{
    pid_t child = fork();
    if (child == 0)
        _exit(run());
    assert_true(child > 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int write_too_much(void)
{
    struct rlimit limit = {8, 8};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    struct error e = {0};
    return write_sample("out", "two", &e) == -1 && e.code == E_FILE_WRITE && strstr(e.text, "out: ") ? 0 : 1;
}

static void a_write_that_fails_leaves_the_old_one(void **state)
{
    (void)state;
    assert_int_equal(in_child(write_too_much), 0);
    assert_int_equal(entries("."), 0);
    struct error e = {0};
    assert_int_equal(write_sample("out", "one", &e), 0);
    assert_int_equal(in_child(write_too_much), 0);
    whole("out", "one");
    assert_int_equal(entries("."), 1);
}

static int write_to_a_full_disk(void)
{
    struct rendered r = sample("two");
    char *big = mem_alloc(200000);
    if (unshare(CLONE_NEWNS) != 0) {
        char users[64];
        snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
        char groups[64];
        snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
            return 77;
        put("/proc/self/setgroups", "deny");
        put("/proc/self/uid_map", users);
        put("/proc/self/gid_map", groups);
    }
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", room, "tmpfs", 0, "size=128k") != 0 || chdir(room) != 0)
        return 77;
    struct error e = {0};
    if (write_sample("out", "one", &e) != 0)
        return 2;
    memset(big, 'x', 200000);
    r.manifests[1].contents = (struct span){(const unsigned char *)big, 200000};
    int result = sink_directory("out", &r, &e);
    if (result != -1 || e.code != E_FILE_WRITE || !strstr(e.text, "No space left"))
        return 3;
    whole("out", "one");
    render_free(&r);
    mem_free(big);
    return entries(".") == 1 ? 0 : 4;
}

static void a_full_disk_leaves_nothing_behind(void **state)
{
    int result = in_child(write_to_a_full_disk);
    (void)state;
    if (result == 77)
        skip();
    assert_int_equal(result, 0);
}

static void a_killed_run_leaves_the_old_one_and_is_cleaned_up(void **state)
{
    (void)state;
    struct error e = {0};
    assert_int_equal(write_sample("out", "start", &e), 0);
    for (unsigned i = 0; i < 40; i++) {
        pid_t child = fork();
        char mark[16];
        if (child == 0) {
            for (unsigned n = 0;; n++) {
                snprintf(mark, sizeof mark, "mark-%u-", n);
                write_sample("out", mark, &e);
            }
        }
        assert_true(child > 0);
        usleep(200 + i * 170);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);

        /* Whatever stands there is one of them, in every file. */
        FILE *f = fopen("out/machine-config.yaml", "rb");

        assert_non_null(f);
        char line[64] = "";
        assert_non_null(fgets(line, sizeof line, f));
        fclose(f);
        line[strlen(line) - 1] = '\0';
        whole("out", strstr(line, "# ") + 2);
    }
    assert_int_equal(write_sample("out", "end", &e), 0);
    whole("out", "end");
    assert_int_equal(entries("."), 1);
}

static void only_what_no_run_holds_is_cleaned_up(void **state)
{
    (void)state;
    assert_int_equal(mkdir(".out.hearth-new-0123456789abcdef", 0700), 0);
    put(".out.hearth-new-0123456789abcdef/machine-config.yaml", "secret");
    assert_int_equal(mkdir(".out.hearth-new-0123456789abcde0", 0700), 0);
    assert_int_equal(mkdir(".other.hearth-new-0123456789abcdef", 0700), 0);
    assert_int_equal(mkdir(".out.hearth-new-mine", 0700), 0);
    int busy = open(".out.hearth-new-0123456789abcde0", O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(busy, LOCK_EX), 0);
    struct error e = {0};
    assert_int_equal(write_sample("out", "one", &e), 0);
    assert_int_equal(access(".out.hearth-new-0123456789abcdef", F_OK), -1);
    assert_int_equal(access(".out.hearth-new-0123456789abcde0", F_OK), 0);
    assert_int_equal(access(".other.hearth-new-0123456789abcdef", F_OK), 0);
    assert_int_equal(access(".out.hearth-new-mine", F_OK), 0);
    close(busy);
}

/* Ctrl-C in the middle of the writing, as exactly as it can be sent: from within it. */
static bool stop_in_sync;
static bool stopped, half_done;

int fsync(int fd)
{
    (void)fd;
    return stop_in_sync ? raise(SIGINT) : 0;
}

static void on_stop(int sig)
{
    (void)sig;
    stopped = true;
    half_done |=
        !(access("out/plan.json", F_OK) == 0 && access("out/manifests", F_OK) == 0 && entries(".") == 1);
}

static void a_stop_waits_until_nothing_is_half_done(void **state)
{
    (void)state;
    signal(SIGINT, on_stop);
    stop_in_sync = true;
    struct error e = {0};
    assert_int_equal(write_sample("out", "one", &e), 0);
    stop_in_sync = false;
    signal(SIGINT, SIG_DFL);
    assert_true(stopped);
    assert_false(half_done);
    assert_int_equal(entries("."), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_room, clear_room)
    const struct CMUnitTest tests[] = {
        TEST(everything_is_private_whatever_the_umask),
        TEST(an_earlier_output_is_replaced_whole),
        TEST(a_strangers_directory_is_left_alone),
        TEST(odd_names_are_refused),
        TEST(a_manifest_with_no_file_name_is_refused),
        TEST(a_write_that_fails_leaves_the_old_one),
        TEST(a_full_disk_leaves_nothing_behind),
        TEST(a_killed_run_leaves_the_old_one_and_is_cleaned_up),
        TEST(only_what_no_run_holds_is_cleaned_up),
        TEST(a_stop_waits_until_nothing_is_half_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
