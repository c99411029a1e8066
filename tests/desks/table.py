"""What came of each desk, and the table of it."""


class Row:
    def __init__(self, name, done, passed, failed, note=""):
        self.desk, self.name, self.done, self.passed, self.failed, self.note = "", name, done, passed, failed, note
        self.skipped = 0

    @staticmethod
    def absent(name, reason):
        row = Row(name, None, 0, 0, reason)
        row.skipped = 1
        return row

    def line(self):
        seconds = "%d" % self.done.seconds if self.done else "-"
        packages = "%d" % self.done.packages if self.done else "-"
        return ("%-9s %-26s %8s %9s %7d %7d %8d  %s" % (self.desk, self.name, seconds, packages, self.passed, self.failed,
                                                        self.skipped, self.note)).rstrip()


HEAD = "%-9s %-26s %8s %9s %7s %7s %8s" % ("desk", "command", "seconds", "packages", "passed", "failed", "skipped")
