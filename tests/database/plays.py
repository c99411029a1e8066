"""What happens to the database, and what databases/README.md makes of it: one story, in which each play takes over from
the one before. Where the words were once others, a play does those first and must lose what they lost: else it proves
nothing.

A play gets the Box and the story: the folder that the living database writes to, and the rows that it must have.
"""
import base64
import os
import re
import time

import build
import desk as desk_module
import parts as parts_module
import words as words_module
from cluster import wait
from estate import ACCOUNT, BACKUPS, LONG


BRACES = ("{ apiVersion: postgresql.cnpg.io/v1, kind: Backup, metadata: { generateName: now- }, spec: { cluster: { name: postgres }, "
          "method: plugin, pluginConfiguration: { name: barman-cloud.cloudnative-pg.io } } }")


class Story:
    def __init__(self, box):
        self.box, self.life, self.rows, self.first = box, 1, 0, 0
        # [play, seconds, [what came back, rows found, rows written]]
        self.table = []

    def play(self, each):
        began = time.monotonic()
        self.table.append([each.__name__, 0, []])
        print("\n%s: %s" % (each.__name__, " ".join(each.__doc__.split())), flush=True)
        try:
            each(self)
        finally:
            self.table[-1][1] = time.monotonic() - began

    def folder(self, above=0):
        return "postgres-%d" % (self.life + above)

    def write(self, count):
        self.box.write(count)
        self.rows += count

    def found(self, name, rows=None):
        """The living database has these rows; the count is the play's result."""
        rows = self.rows if rows is None else rows
        there = self.box.rows()
        self.table[-1][2].append((name, there, rows))
        return self.box.expect("%s: %d of %d rows" % (name, there, rows), there == rows)

    def began(self, name):
        """The README's *begin*, and its last sentence."""
        said = self.box.begin()
        self.box.expect("%s: begin shows the new folder %s" % (name, self.folder()), '"%s"' % self.folder() in said, said[-800:])

    def recovered(self, name, above=1):
        """A Cluster that was pushed comes back, and is the living one from then on."""
        self.box.ready()
        self.life += above
        self.found(name)


def apply(box):
    said = box.reconcile()
    box.say(said)
    box.ready()


def first_life(story):
    """The example as it is: Ready, archiving, and a backup by the README's command. (D5)"""
    box = story.box
    apply(box)
    box.parts.table["PostgreSQL"] = box.sql("show server_version")
    story.write(100)
    box.sql("checkpoint")  # else the backup waits for one that is spread over minutes
    box.backup()
    box.expect("the README's command makes a backup, and waits for it", any("postgres-1/base/" in name for name in box.store.names()))
    story.write(50)
    box.five_minutes()
    said = box.does(box.words.asks)
    box.expect("is there a backup: ContinuousArchiving and LastBackupSucceeded are True", "ContinuousArchiving=True" in said and
               "LastBackupSucceeded=True" in said and "postgres-1" in said, said)
    story.first = story.rows
    box.sql("insert into entries select from generate_series(1, 5)")  # later than the last segment: these may go


def old_git_first(story):
    """The box and its disk are lost, and the new one begins with the old Git: an empty database, and the way out.
    (D1)"""
    box = story.box
    before = box.store.objects()
    box.burn()
    box.on()
    apply(box)
    wait("ContinuousArchiving", LONG, lambda: box.condition("ContinuousArchiving")[0] == "False", 3)
    said = box.log("postgres-1", "-c", "plugin-barman-cloud", "--tail", "200") + box.condition("ContinuousArchiving")[1]
    box.expect("before: the box began before the push: Ready, and archiving is refused in the README's words",
               "Expected empty archive" in said and "Expected empty archive" in box.words.table("Is there a backup"), said[-1500:])
    box.expect("before: it is an empty database", not box.sql("select 1 from pg_tables where tablename = 'entries'"))
    now = box.store.objects()
    box.expect("nothing that was in the folder is overwritten", before and all(each in now for each in before))
    box.stop()
    box.delete(alive=False)
    box.recover(story.folder(), story.folder(1))
    box.go_on()
    story.recovered("after: the way out")
    story.began("after: the way out")


def lost_box(story):
    """The box and its disk are lost: the edit is pushed first, and only then the box begins. (D1)"""
    box = story.box
    story.write(30)
    box.five_minutes()
    box.sql("insert into entries select from generate_series(1, 5)")
    box.burn()
    said = box.does(box.words.container)
    box.expect("without a cluster the container itself shows its account, each folder, and the base backups", "AccountName=homelabbackup\n" in said
               and all("\npostgres-%d/\n" % life in said for life in range(1, story.life + 1)) and
               re.search(r"^20\S+\tpostgres-1/base/\w+/data\.tar", said, re.M), said)
    box.recover(story.folder(), story.folder(1))
    box.on()
    apply(box)
    story.recovered("a lost box: what was committed five minutes before")
    story.began("a lost box")


def mistake(story):
    """A mistake at 14:05 on a living database: the four steps, to a time before it."""
    box = story.box
    story.write(20)
    before = box.moment()
    box.write(1)
    box.sql("delete from entries")
    box.stop()
    box.delete()
    box.recover(story.folder(), story.folder(1), before)
    box.go_on()
    story.recovered("a mistake, to %s" % before)
    story.began("a mistake")


def once_more(story):
    """The recovery after that, to all that there is; nothing at all is lost where the old database still runs. What
    the first life's name would bring, and what a second loss before the backup. (D2, D6, D7)"""
    box = story.box
    story.write(7)
    if story.life > 1:
        there = box.would_find("postgres-1")
        box.expect("before: who counts the new name up alone gets the first life's end: %s of %d rows" % (there, story.rows),
                   there == str(story.first))
    box.stop()
    box.delete()
    box.recover(story.folder(), story.folder(1))
    box.go_on()
    story.recovered("once more: nothing is lost, not the last row")
    story.write(6)
    box.five_minutes()
    there, old = box.would_find(story.folder()), box.would_find(story.folder(-1))
    box.expect("before: the new folder without a backup is no way back (%s), and the old one has %s of %d rows" % (
        there, old, story.rows), there == "no target backup found" and old == str(story.rows - 6))
    story.began("once more")


def rehearsal(story):
    """A rehearsal beside the living database: it has the rows, the archive is the same list of objects, and nothing of
    it stays."""
    box = story.box
    story.write(3)
    box.five_minutes()
    before = box.store.objects()
    said = box.does(box.words.rehearse)
    there = box.rows("rehearsal-1", "rehearsal")
    box.expect("the rehearsal: %d of %d rows" % (there, story.rows), there == story.rows, said)
    box.expect("the rehearsal: the archive is the same list of objects", box.store.objects() == before)
    volumes = [name for name in os.listdir(box.volumes) if "_rehearsal_" in name]
    box.does(box.words.away)
    wait("the rehearsal's files", LONG, lambda: not [name for name in volumes if os.path.exists(os.path.join(box.volumes, name))], 3)
    box.expect("the rehearsal: its volumes' files are gone", bool(volumes))
    story.write(1)
    box.five_minutes()
    story.found("the rehearsal: the living one was not touched")
    box.expect("the rehearsal: the living one archives on", len(box.store.objects()) > len(before))


def older_kubectl(story):
    """The person's kubectl is four minor versions older than the cluster: a Backup in braces, as the README once had
    it, is refused; the README's is taken, and waited for. (D5)"""
    box = story.box

    def bases():
        return {name.split("/")[2] for name in box.store.names(story.folder() + "/base/")}
    before = bases()
    box.takes_kubectl(box.parts.program(parts_module.KUBECTL))
    try:
        status, said = box.person("kubectl -n databases create -f - <<< '%s'" % BRACES)
        box.expect("before: kubectl %s refuses a Backup in braces" % box.parts.table[parts_module.KUBECTL],
                   status != 0 and "invalid character" in said, said)
        box.backup()
        box.expect("after: it takes the README's, and waits for it", len(bases()) == len(before) + 1)
    finally:
        box.takes_kubectl(os.path.join(build.BIN, "kubectl"))


def archiving_fails(story):
    """Archiving fails for weeks: what there is to see, for each cause, and that it catches up without a restart.
    (D8)"""
    box = story.box
    known = box.words.table("Is there a backup")
    expired = ("BlobEndpoint=https://homelabbackup.blob.core.windows.net/;SharedAccessSignature=sv=2021-08-06&ss=b&srt=sco&sp=rwdl&"
               "se=2021-01-01T00:00:00Z&sig=bm9uZQ%3D%3D")
    for name, string, wanted, says in [
            ("another key", box.store.string("bm90IHRoZSBrZXk="), "AuthenticationFailed", "AuthenticationFailed|AuthorizationFailure"),
            ("an expired SAS", expired, "AuthenticationFailed", "AuthenticationFailed|AuthorizationFailure"),
            ("a mistyped account", box.store.string().replace("AccountName=homelabbackup", "AccountName=homelabbakcup"),
             "a name that does not resolve", "Name or service not known|[Ff]ailed to resolve|name resolution")]:
        box.put(string)
        wait("the Secret", 120, lambda: string == secret(box), 2)
        said = unarchived(story)
        box.expect("archiving fails by %s: Ready is True, and ContinuousArchiving is False" % name, box.condition("Ready")[0] == "True")
        box.expect("archiving fails by %s: the log says what the README has: %s" % (name, wanted), wanted in known and re.search(says, said),
                   said[-1500:])
        box.put(box.store.string())
        wait("ContinuousArchiving", LONG, lambda: box.condition("ContinuousArchiving")[0] == "True", 3)
    box.five_minutes()
    box.expect("archiving that was put right catches up, without a restart", True)


def unarchived(story):
    """Writes what the archive does not take; what the plugin says of it."""
    box = story.box
    failed, began = int(box.sql("select failed_count from pg_stat_archiver")), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    story.write(1)
    box.sql("select pg_switch_wal()")
    wait("a failure of the archiver", LONG, lambda: int(box.sql("select failed_count from pg_stat_archiver")) > failed + 1, 3)
    wait("ContinuousArchiving", LONG, lambda: box.condition("ContinuousArchiving")[0] == "False", 3)
    return box.log("postgres-1", "-c", "plugin-barman-cloud", "--since-time", began)


def container_gone(story):
    """The container itself is gone, with every backup: what is seen, and that a new one with a backup is whole. (D8)"""
    box = story.box
    box.store.objects("delete_container")
    said = unarchived(story)
    heard = [each for each in box.words.table("Is there a backup") if each in said]
    box.expect("without its container the log says what the README has: %s" % heard, heard, said[-1500:])
    box.connection(box.store.string())
    box.does(box.words.create)
    wait("ContinuousArchiving", LONG, lambda: box.condition("ContinuousArchiving")[0] == "True", 3)
    box.backup()
    story.write(3)
    box.five_minutes()
    there = box.would_find(story.folder())
    box.expect("with a new container and a backup: %s of %d rows" % (there, story.rows), there == str(story.rows))


def mistyped_account(story):
    """An account that is mistyped in `backups:` is seen by nothing in the cluster; what `hearth check` says of it, of
    other strings, and where it read none. (D11)"""
    box, desk, mistyped = story.box, desk_module.Desk(story.box), "homelabbakcup"
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    box.backups = BACKUPS.replace(ACCOUNT, mistyped)
    box.reconcile()
    story.write(2)
    box.five_minutes()
    box.backup()
    said = box.log("postgres-1", "-c", "plugin-barman-cloud", "--since-time", began)
    green = {kind: box.condition(kind)[0] for kind in ("Ready", "ContinuousArchiving", "LastBackupSucceeded")}
    box.expect("before: a mistyped account in backups is taken, and all is green: %s" % green,
               mistyped in said and set(green.values()) == {"True"}, said[-1500:])
    box.backups = BACKUPS
    box.reconcile()
    locked = [{"role": "vault", "path": "/secrets/" + desk_module.SECRET, "kv": "rbac"}]
    another = "no connection string that was read is of the storage account %s: is one mistyped?"
    none = "no connection string was read, so the storage account %s was compared with none"

    def says(name, wanted, read="ok", backups=BACKUPS, faults=()):
        status, said = desk.check(backups, faults)
        heard = re.findall("^warning: .*(no connection string .*)", said, re.M)
        box.expect("check: %s: %s" % (name, "".join(heard) or "not a word"), status == 0 and heard == wanted and
                   re.search("^%s +%s " % (desk_module.SECRET, read), said, re.M), said)

    says("backups: and the string are of one account", [])
    says("a mistyped account in backups", [another % mistyped], backups=BACKUPS.replace(ACCOUNT, mistyped))
    says("the string is not this login's to read", [none % ACCOUNT], "vault-rbac", faults=locked)
    for name, value, wanted in [("a string of another account", box.store.string().replace(ACCOUNT, mistyped), another),
                                ("a key and no string", box.store.key, none)]:
        desk.put(value)
        says(name, [wanted % ACCOUNT])
    desk.put(box.store.string())
    says("backups: and the string are of one account again", [])
    box.expect("check: the string is nowhere in what it printed, nor its key", mistyped in desk.printed and box.store.key not in desk.printed)


def secret(box):
    found = box.node.get("/api/v1/namespaces/databases/secrets/postgres-backup")
    return base64.b64decode(found["data"]["connection-string"]).decode()


def edit_under_living(story):
    """The edit reaches a database that runs: what the person sees, and the README's way out. (D3)"""
    box = story.box
    next_one = story.folder(1)
    box.recover(story.folder(), next_one)
    box.reconcile()
    story.write(10)
    wait("the new folder", LONG, lambda: box.sql("select pg_switch_wal()") and box.store.names(next_one + "/wals/"), 5)
    box.expect("before: the edit reaches a living database, and it writes to the new folder without a word",
               box.condition("Ready")[0] == "True")
    story.write(10)
    box.five_minutes()
    there = box.would_find(story.folder())
    box.expect("before: the old folder ends at the hole: %s of %d rows" % (there, story.rows), int(there) < story.rows)
    box.push(lambda text: box.words.named(text, story.folder()))
    box.reconcile()
    wait("the old folder", LONG, lambda: living_folder(box) == story.folder(), 3)
    box.five_minutes()
    box.backup()
    story.write(3)
    box.stop()
    box.delete()
    box.recover(story.folder(), story.folder(2))
    box.go_on()
    story.recovered("after: the old name again, then a backup: nothing is lost", above=2)
    story.began("after an edit under a living database")


def living_folder(box):
    found = box.node.get("/apis/postgresql.cnpg.io/v1/namespaces/databases/clusters/postgres")
    return found["spec"]["plugins"][0]["parameters"]["serverName"]


def failed_recovery(story):
    """Recoveries that fail: a time before the first backup, a source that is not there, a new name that is used, a time
    that is too late; what the README's commands show, and that the last one, put right, has every row. (D6, D10)"""
    box = story.box
    known = box.words.table("When a recovery fails")
    story.write(4)
    box.stop()
    box.delete()
    source = story.folder()
    for name, where, new, target, says in [
            ("a time before the first backup", source, story.folder(1), "2020-01-01 00:00:00+00", "no target backup found"),
            ("a source that is not there", "postgres-77", story.folder(1), None, "no target backup found"),
            ("a new name that is used", source, source, None, "Expected empty archive"),
            ("a time that is too late", source, story.folder(1), "2099-01-01 00:00:00+00",
             "recovery ended before configured recovery target was reached")]:
        box.recover(where, new, target)
        box.go_on()
        heard = wait("a failure", LONG, lambda: [each for each in known if each in box.person(box.words.failed)[1]], 10)
        box.expect("%s fails, and the README has its words: %s" % (name, says), heard == [says], heard)
        box.stop()
        box.delete(alive=False)
    box.recover(source, story.folder(1))
    box.go_on()
    story.recovered("after four that failed")
    story.began("after four that failed")


def too_fast(story):
    """Delete and make anew without the wait: unrecoverable, and the README's way out. (D4)"""
    box = story.box
    story.write(2)
    box.stop()
    box.does(box.words.switch)
    box.five_minutes()
    box.kubectl("-n", "databases", "delete", "cluster", "postgres", "--cascade=orphan")
    box.recover(story.folder(), story.folder(1))
    box.person("flux resume kustomization databases")
    box.kubectl("-n", "databases", "delete", "pod/postgres-1", "pvc/postgres-1", "--wait=false")

    def said():
        found = box.node.get("/apis/postgresql.cnpg.io/v1/namespaces/databases/clusters/postgres") or {}
        return str(found.get("status", {}).get("phase")) + str(found.get("status", {}).get("phaseReason"))
    wait("unrecoverable", LONG, lambda: "nrecoverable" in said(), 3)
    box.expect("before: made while the old claim is going, it is unrecoverable", "manual intervention" in said(), said())
    box.stop()
    box.delete(alive=False)
    box.go_on()
    story.recovered("after: the last two lines of delete, then go on")
    story.began("made too fast")


def last_segment(story):
    """Deleted at once, without the README's two questions: the last rows are gone. (D2)"""
    box = story.box
    box.write(9)
    box.stop()
    box.does(box.words.delete)
    box.recover(story.folder(), story.folder(1))
    box.go_on()
    box.ready()
    there = box.rows()
    box.expect("before: deleted at once, %d of %d rows are lost" % (story.rows + 9 - there, 9), there < story.rows + 9)
    story.life, story.rows = story.life + 1, there
    story.began("deleted at once")


def move(story):
    """A move to another box: the old database is deleted first, and nothing is lost. (D2)"""
    box = story.box
    story.write(8)
    box.stop()
    box.delete()
    box.recover(story.folder(), story.folder(1))
    box.burn()
    box.on()
    apply(box)
    story.recovered("a move to another box, to the last row")
    story.began("a move to another box")


def old_folders(story):
    """An old folder goes by the README's command, and nothing else does. (D9)"""
    box = story.box
    others = [each for each in box.store.objects() if not each[0].startswith("postgres-1/")]
    box.expect("before: no life cleans the folder of an earlier one", box.store.names("postgres-1/"))
    box.does("\n".join(line for line in box.words.container.splitlines() if "blob list" not in line) + "\n" + box.words.old)
    now = box.store.objects()
    box.expect("after: the old folder is gone, and nothing else", now and not [name for name, _, _ in now if name.startswith("postgres-1/")] and
               all(each in now for each in others))


def drained(story):
    """The drain of `talosctl upgrade` on the only node: refused with the budget that CloudNativePG makes by itself,
    taken with the example's `enablePDB: false`, and the database is back with its rows. (ecosystem.md E1)"""
    box = story.box
    story.write(1)
    budgets = "/apis/policy/v1/namespaces/databases/poddisruptionbudgets"

    def drain():
        return box.node.kubectl("drain", "data-1", "--ignore-daemonsets", "--delete-emptydir-data", "--pod-selector=cnpg.io/cluster=postgres",
                                "--timeout=40s", timeout=300)
    line = next(each for each in words_module.read("postgres", "cluster.yaml").splitlines(True) if "enablePDB: false" in each)
    box.push(lambda text: text.replace(line, ""))
    box.reconcile()
    wait("a budget", 300, lambda: box.node.api("GET", budgets)["items"], 2)
    status, said = drain()
    box.expect("before: without enablePDB: false no drain ends", status != 0 and "disruption budget" in said, said[-800:])
    box.kubectl("uncordon", "data-1")
    box.push(lambda text: text.replace("  instances: 1", line + "  instances: 1"))
    box.reconcile()
    wait("no budget", 300, lambda: not box.node.api("GET", budgets)["items"], 2)
    status, said = drain()
    box.expect("after: the drain ends", status == 0 and "evicted" in said, said[-800:])
    box.kubectl("uncordon", "data-1")
    wait("the database", LONG, lambda: box.node.kubectl("-n", "databases", "wait", "--for=condition=Ready", "pod/postgres-1", "--timeout=30s")[0] == 0,
         3)
    story.found("after a drain")


PLAYS = [first_life, old_git_first, lost_box, mistake, once_more, rehearsal, older_kubectl, archiving_fails, mistyped_account, drained,
         edit_under_living, last_segment, too_fast, failed_recovery, move, old_folders, container_gone]


def closing(box, story):
    """What came back, and what was real in this run."""
    print("\nRows found and rows written")
    for name, seconds, came in story.table if story else []:
        print("  %-20s %5.0f s  %s" % (name, seconds, "; ".join("%s: %d of %d" % each for each in came)))
    print("\nWhat was real")
    if not box:
        print("  nothing: it could not be built")
        return
    table = dict({"PostgreSQL": "(it did not start)"}, **box.parts.table)
    for name, state in [
        ("CloudNativePG " + table[parts_module.OPERATOR], "real: operator, webhooks, instance manager, jobs; its own manifest"),
        ("barman plugin " + table[parts_module.PLUGIN], "real: operator and sidecars; its barman-cloud %s and machinery 0.5.0 stand in for 0.6.0" % table[parts_module.LIBRARY]),
        ("kubectl " + table[parts_module.KUBECTL].replace("v0.", "1."), "real: the person's, in older_kubectl; else it is the cluster's"),
        ("PostgreSQL " + table["PostgreSQL"], "real: Debian's, under the name of the image that the example asks for"),
        ("barman " + parts_module.BARMAN, "real: PyPI's"),
        ("Azurite " + parts_module.AZURITE, "real, in the place of Azure Blob, under its name and over TLS; no soft delete, and no quota: a full "
         "account cannot be played"),
        ("Kubernetes " + table["Kubernetes"], "real: etcd, API server, controllers, scheduler, kubelet, proxy, kubectl; Debian's containerd"),
        ("words", "the edit and every command of databases/README.md, `put`, `sync` and the container of the guide, read out of them; "
         "the lines of admin@production are left out"),
        ("Git, Flux", "ours: a folder that is applied, unless it is suspended; `flux envsubst` is %s's" % table["flux"]),
        ("External Secrets", "ours: the Secret that an ExternalSecret asks for, anew when `sync` says so"),
        ("local-path", "ours: a directory a claim, kept as the class says"),
        ("cert-manager", "ours: the plugin's two certificates, by openssl"),
        ("five minutes", "the segment is switched by hand where archive_timeout would have done it"),
        ("az " + parts_module.AZ, "real: PyPI's, `az storage`; the vault is a folder of ours"),
        ("hearth", "real: `check` of the example inside the program; its vault and its login are tests/standin, with Azurite's own connection "
         "string as the secret"),
        ("miniflux, Talos", "not here"),
    ]:
        print("  %-24s %s" % (name, state))
