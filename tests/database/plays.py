"""What happens to the database, and what databases/README.md makes of it: one story, in which each play takes over from
the one before. Where the words were once others, a play does those first and must lose what they lost: else it proves
nothing.

A play gets the Box and the story: the folder that the living database writes to, and the rows that it must have.
"""
import parts as parts_module
from cluster import wait
from estate import LONG


class Story:
    def __init__(self, box):
        self.box, self.life, self.rows = box, 1, 0

    def folder(self, above=0):
        return "postgres-%d" % (self.life + above)

    def write(self, count):
        self.box.write(count)
        self.rows += count

    def found(self, name):
        """The living database has its rows; the count is the play's result."""
        there = self.box.rows()
        return self.box.expect("%s: %d of %d rows" % (name, there, self.rows), there == self.rows)

    def began(self, name):
        """The README's *begin*, and its last sentence."""
        said = self.box.begin()
        self.box.expect("%s: begin shows the new folder %s" % (name, self.folder()), '"%s"' % self.folder() in said, said[-800:])

    def recovered(self, name):
        """A Cluster that was pushed comes back, and is the living one from then on."""
        self.box.ready()
        self.life += 1
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
    box.expect("nothing that was in the folder is overwritten", all(each in box.store.objects() for each in before))
    box.stop()
    box.delete()
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
    box.recover(story.folder(), story.folder(1))
    box.on()
    apply(box)
    story.recovered("a lost box: what was committed five minutes before")
    story.began("a lost box")


PLAYS = [first_life, old_git_first, lost_box]


def closing(box):
    """What was real in this run."""
    print("\nWhat was real")
    if not box:
        print("  nothing: it could not be built")
        return
    table = box.parts.table
    for name, state in [
        ("CloudNativePG " + table[parts_module.OPERATOR], "real: operator, webhooks, instance manager, jobs; its own manifest"),
        ("barman plugin " + table[parts_module.PLUGIN], "real: operator and sidecars; its barman-cloud %s and machinery 0.5.0 stand in for 0.6.0" % table[parts_module.LIBRARY]),
        ("PostgreSQL " + table.get("PostgreSQL", "18"), "real: Debian's, under the name of the image that the example asks for"),
        ("barman " + parts_module.BARMAN, "real: PyPI's"),
        ("Azurite " + parts_module.AZURITE, "real, in the place of Azure Blob, under its name and over TLS; no quota, no soft delete"),
        ("Kubernetes " + table["Kubernetes"], "real: etcd, API server, controllers, scheduler, kubelet, proxy, kubectl; Debian's containerd"),
        ("words", "the edit and every command of databases/README.md, read out of it; the lines of admin@production are left out"),
        ("Git, Flux", "ours: a folder that is applied, unless it is suspended; `flux` itself is a script of three verbs"),
        ("External Secrets", "ours: the Secret that an ExternalSecret asks for"),
        ("local-path", "ours: a directory a claim, kept as the class says"),
        ("cert-manager", "ours: the plugin's two certificates, by openssl"),
        ("five minutes", "the segment is switched by hand where archive_timeout would have done it"),
        ("az, miniflux, Talos", "not here"),
        ("D1 to D11", "D1, both ways, and D5; the other ways back, the wrong edit and the rehearsal are not played yet"),
    ]:
        print("  %-24s %s" % (name, state))
