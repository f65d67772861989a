"""A host's log as a daily job meets it: written on, rotated and compressed between its runs."""
import gzip
import random


class Host:
    """`folder` holds what has been written of `text` so far, in as many files as were rotated."""

    def __init__(self, folder, text, seed):
        self.folder, self.text, self.at = folder, text, 0
        self.random = random.Random(seed)
        self.open = folder / "audit.log"
        folder.mkdir(parents=True)
        self.open.write_bytes(b"")

    def write_to(self, end):
        with self.open.open("ab") as file:
            file.write(self.text[self.at:end])
        self.at = end

    def rotated(self, number):
        plain = self.folder / f"audit.log.{number}"
        return plain if plain.exists() else self.folder / f"audit.log.{number}.gz"

    def rotate(self, copytruncate=False):
        """At the end of a line, as auditd and logrotate find it between two writes."""
        end = self.text.find(b"\n", max(self.at - 1, 0)) + 1 or len(self.text)
        if self.at > 0 and end > self.at:
            self.write_to(end)
        number = 1
        while self.rotated(number).exists():
            number += 1
        while number > 1:
            old = self.rotated(number - 1)
            old.rename(old.with_name(old.name.replace(f".{number - 1}", f".{number}")))
            number -= 1
        if copytruncate:
            (self.folder / "audit.log.1").write_bytes(self.open.read_bytes())
            self.open.write_bytes(b"")
        else:
            self.open.rename(self.folder / "audit.log.1")
            self.open.write_bytes(b"")

    def compress(self):
        for file in sorted(self.folder.iterdir()):
            if file.suffix == ".gz" or file == self.open or self.random.random() < 0.3:
                continue
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), 1))
            file.unlink()

    def live(self, cuts):
        """Writes up to each cut in turn; between, anything may happen to the files."""
        for cut in [*sorted(cuts), len(self.text)]:
            if cut > self.at and self.random.random() < 0.3:  # rotated since the last run
                self.write_to(self.random.randrange(self.at, cut + 1))
                self.rotate(self.random.random() < 0.5)
            if cut > self.at:
                self.write_to(cut)
            if self.random.random() < 0.5:
                self.rotate(self.random.random() < 0.5)
            if self.random.random() < 0.5:
                self.compress()
            yield
