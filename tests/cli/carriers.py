"""Re-packs an audit log in the forms in which logs are collected.

The lines of a log in, the bytes of a file out; `FORMS` has one function a form. What a form carries
of a line, where it is not all of it, is in `CARRIES`.

    carriers.py FORM < audit.log > packed
"""
import csv
import datetime
import io
import json
import pathlib
import re
import sys

RECORD = re.compile(r"(?:node=(?P<node>.*?) )?type=(?P<type>\S+) msg=audit\((?P<stamp>"
                    r"(?P<seconds>\d+)\.(?P<ms>\d+):(?P<serial>\d+))\): *(?P<body>.*)", re.S)
HOST = "etl-01"


def lines_of(log):
    """The lines of a log's bytes; one that ends the file without a newline is one too."""
    return log.decode(errors="surrogateescape").removesuffix("\n").split("\n")


def encoded(text):
    return text.encode(errors="surrogateescape")


def parsed(line):
    return RECORD.fullmatch(line).groupdict()


def when(line):
    record = parsed(line)
    return datetime.datetime.fromtimestamp(int(record["seconds"]), datetime.timezone.utc)


def raw_part(line):
    return line.split("\x1d")[0]


def of_kernel(line):
    """Without what auditd puts to it."""
    return re.sub(r"^node=.*? (?=type=)", "", raw_part(line))


def type_number(name):
    return TYPES[name] if name in TYPES else int(re.sub(r"\D", "", name))


def read_types():
    table = (pathlib.Path(__file__).resolve().parents[2] / "src/audit/types.cpp").read_text()
    return {name: int(number) for number, name in re.findall(r'\{(\d+), "([A-Z_0-9]+)"', table)}


TYPES = read_types()


def each(lines, make):
    return encoded("".join(make(line) + "\n" for line in lines))


def documents(lines, make):
    return each(lines, lambda line: json.dumps(make(line), ensure_ascii=False))


def filebeat(line):
    return {"@timestamp": when(line).isoformat(), "@metadata": {"beat": "filebeat", "type": "_doc"},
            "log": {"offset": 1234, "file": {"path": "/var/log/audit/audit.log"}},
            "message": line, "input": {"type": "log"}, "host": {"name": HOST},
            "agent": {"type": "filebeat", "version": "8.11.0", "name": HOST}}


def elastic(line):
    return {"_index": "filebeat-2026", "_id": "x", "_score": None, "sort": [1],
            "_source": {"@timestamp": when(line).isoformat(), "host": {"hostname": HOST},
                        "event": {"original": line, "module": "auditd", "kind": "event"},
                        "message": "audit event", "tags": ["preserve_original_event"]}}


def hits(lines):
    """The answer of a search, in one line."""
    return encoded(json.dumps({"took": 5, "timed_out": False, "_shards": {"total": 1, "failed": 0},
                               "hits": {"total": {"value": len(lines), "relation": "eq"},
                                        "max_score": None, "hits": list(map(elastic, lines))}}))


def cloudwatch(lines):
    """What `aws logs get-log-events` prints."""
    events = [{"timestamp": int(when(line).timestamp()) * 1000, "message": line,
               "ingestionTime": 1796173999000} for line in lines]
    return encoded(json.dumps({"events": events, "nextForwardToken": "f/1",
                               "nextBackwardToken": "b/1"}, indent=4) + "\n")


def subscription(lines):
    """CloudWatch's batches for a subscriber: several events a line."""
    batches = [lines[at:at + 7] for at in range(0, len(lines), 7)]
    return each(batches, lambda batch: json.dumps(
        {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/audit", "logStream": HOST,
         "logEvents": [{"id": "1", "timestamp": 1, "message": line} for line in batch]}))


def fluent_bit(line):
    return {"date": int(parsed(line)["seconds"]) + 0.5, "log": line + "\n"}


def docker(line):
    return {"log": line + "\n", "stream": "stdout", "time": when(line).isoformat()}


def vector(line):
    return {"file": "/var/log/audit/audit.log", "host": HOST, "message": line,
            "source_type": "file", "timestamp": when(line).isoformat()}


def splunk(line):
    return {"preview": False, "offset": 0, "lastrow": False,
            "result": {"_raw": line, "_time": when(line).isoformat(), "host": HOST,
                       "source": "/var/log/audit/audit.log", "sourcetype": "linux_audit"}}


def dotted(line):
    return {"@timestamp": when(line).isoformat(), "event.original": line, "host.name": HOST,
            "event.kind": "event"}


def syslog(tag):
    """RFC 3164, as rsyslog writes it by tradition."""
    return lambda lines: each(
        lines, lambda line: f"{when(line):%b %e %H:%M:%S} {HOST} {tag}: "
        + line.replace("\x1d", " " if tag == "audisp-syslog" else "#035"))


def rfc5424(lines):
    return each(lines, lambda line: f"<86>1 {when(line):%Y-%m-%dT%H:%M:%S.000Z} {HOST} audispd 511 "
                f"- - {line}")


def rfc3339(lines):
    return each(lines, lambda line: f"{when(line):%Y-%m-%dT%H:%M:%S.000000+00:00} {HOST} "
                f"tag_audit_log: {line}")


def printk(line):
    record = parsed(raw_part(line))
    return f"audit: type={type_number(record['type'])} audit({record['stamp']}): {record['body']}"


def kernel_ring(lines):
    return each(lines, lambda line: f"[ 1498.988417] {printk(line)}")


def kernel_syslog(lines):
    return each(lines, lambda line: f"{when(line):%b %e %H:%M:%S} {HOST} kernel: [ 1498.988417] "
                f"{printk(line)}")


FORMS = {
    "syslog-audispd": syslog("audispd"),
    "syslog-audisp-syslog": syslog("audisp-syslog"),
    "syslog-rfc5424": rfc5424,
    "syslog-rfc3339": rfc3339,
    "kernel-ring": kernel_ring,
    "kernel-syslog": kernel_syslog,
    "filebeat": lambda lines: documents(lines, filebeat),
    "elastic": lambda lines: documents(lines, elastic),
    "elastic-hits": hits,
    "elastic-dotted": lambda lines: documents(lines, dotted),
    "cloudwatch": cloudwatch,
    "cloudwatch-subscription": subscription,
    "fluent-bit": lambda lines: documents(lines, fluent_bit),
    "fluent-bit-array": lambda lines: encoded(json.dumps(list(map(fluent_bit, lines)))),
    "docker": lambda lines: documents(lines, docker),
    "vector": lambda lines: documents(lines, vector),
    "splunk": lambda lines: documents(lines, splunk),
    "json-pretty": lambda lines: encoded(json.dumps(list(map(vector, lines)), indent=2)),
    "json-strings": lambda lines: encoded(json.dumps(lines)),
    "crlf": lambda lines: encoded("".join(line + "\r\n" for line in lines)),
}

# Form -> what it carries of a line, None: nothing.
CARRIES = {
    "kernel-ring": of_kernel,
    "kernel-syslog": of_kernel,
}


def carried(form, lines):
    """What a form carries of a log's lines."""
    some = map(CARRIES.get(form, str), lines)
    return [line for line in some if line is not None]


def main():
    sys.stdout.buffer.write(FORMS[sys.argv[1]](lines_of(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
