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
import subprocess
import sys
import tempfile

RECORD = re.compile(r"(?:node=(?P<node>.*?) )?type=(?P<type>\S+) msg=audit\((?P<stamp>"
                    r"(?P<seconds>\d+)\.(?P<ms>\d+):(?P<serial>\d+))\): *(?P<body>.*)", re.S)
HOST = "etl-01"
JOURNAL_REMOTE = pathlib.Path("/lib/systemd/systemd-journal-remote")


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


def percent(data):
    """LAUREL's text of bytes."""
    return "".join(c if " " <= c < "\x7f" and c not in "%+" else
                   "".join(f"%{byte:02x}" for byte in c.encode(errors="surrogateescape"))
                   for c in data.decode(errors="surrogateescape"))


ENCODED = {"comm", "exe", "cwd", "name", "key", "proctitle", "acct", "cmd", "saddr", "data"}
FIELD = re.compile(r"""([\w-]+)=("[^"]*"|'.*'|\S*)""", re.S)


def laurel_value(key, value):
    if value in ("(null)", "?"):
        return None
    if value.startswith('"'):
        return percent(value[1:-1].encode(errors="surrogateescape"))
    if key in ENCODED and re.fullmatch("([0-9A-F]{2})+", value):
        return percent(bytes.fromhex(value))
    if key == "arch":
        return "0x" + value
    if key in ("mode",):
        return "0o" + value.lstrip("0")
    return int(value) if re.fullmatch(r"-?[1-9]\d*|0", value) else value


def laurel_fields(body):
    fields = {}
    for key, value in FIELD.findall(body):
        if key == "msg":
            fields.update(laurel_fields(value[1:-1]))
        else:
            fields.setdefault(key, laurel_value(key, value))
    return fields


def argument(value):
    return percent(value[1:-1].encode(errors="surrogateescape") if value.startswith('"')
                   else bytes.fromhex(value))


def laurel_event(records):
    """One line of LAUREL's for the records of an event."""
    event = {"ID": records[0]["stamp"]}
    if records[0]["node"]:
        event["NODE"] = records[0]["node"]
    arguments = {}
    for record in records:
        kind, body = record["type"], record["body"].rstrip()
        if kind == "EXECVE":
            for key, value in FIELD.findall(body):
                place = re.fullmatch(r"a(\d+)(?:\[(\d+)\])?", key)
                if place:
                    arguments.setdefault(int(place[1]), []).append(argument(value))
            event[kind] = {"argc": len(arguments),
                           "ARGV": ["".join(arguments[i]) for i in sorted(arguments)]}
            continue
        fields = laurel_fields(body)
        if kind == "PROCTITLE":
            title = body.removeprefix("proctitle=")
            data = title[1:-1].encode(errors="surrogateescape") if title.startswith('"') \
                else bytes.fromhex(title)
            fields = {"ARGV": [percent(part) for part in data.split(b"\0")]}
        if kind == "SYSCALL":
            fields["ARGV"] = ["0x" + str(dict(FIELD.findall(body))[f"a{i}"]) for i in range(4)]
            fields = {k: v for k, v in fields.items() if not re.fullmatch(r"a\d", k)}
        if kind in ("SYSCALL", "CWD", "PROCTITLE"):
            event[kind] = fields
        else:
            event.setdefault(kind, []).append(fields)
    return event


def events_of(lines):
    """The records of each event, in the order of the events' first ones."""
    events = {}
    for line in lines:
        record = parsed(raw_part(line))
        events.setdefault((record["node"], record["stamp"]), []).append(record)
    return list(events.values())


def laurel(lines):
    return each(events_of(lines), lambda event: json.dumps(laurel_event(event)))


def go_audit_event(records):
    return {"sequence": int(records[0]["serial"]),
            "timestamp": records[0]["stamp"].split(":")[0],
            "messages": [{"type": type_number(r["type"]), "data": r["body"]} for r in records]
            + [{"type": 1320, "data": ""}], "uid_map": {"0": "root"}}


def go_audit(lines):
    return each(events_of(lines), lambda event: json.dumps(go_audit_event(event)))


def go_audit_syslog(lines):
    return each(events_of(lines), lambda event: f"Dec  2 01:02:03 {HOST} go-audit[7]: "
                + json.dumps(go_audit_event(event)))


def laurel_filebeat(lines):
    return each(events_of(lines), lambda event: json.dumps(
        {"@timestamp": "2026-12-02T01:02:03.000Z", "message": json.dumps(laurel_event(event)),
         "host": {"name": HOST}}))


def in_journal(line):
    """What the journal keeps: it knows no LOGIN and nothing of auditd's own."""
    number = type_number(parsed(line)["type"])
    keeps = number >= 1100 and not 1200 <= number < 1300 and number != TYPES["EOE"]
    return of_kernel(line) if keeps else None


def journal_fields(line):
    record = parsed(line)
    name = record["type"]
    return {"__CURSOR": "s=1;i=" + record["serial"], "_BOOT_ID": "0" * 32, "_HOSTNAME": HOST,
            "_TRANSPORT": "audit", "_AUDIT_TYPE": str(type_number(name)),
            "_AUDIT_TYPE_NAME": name, "_AUDIT_ID": record["serial"], "SYSLOG_FACILITY": "4",
            "SYSLOG_IDENTIFIER": "audit",
            "_SOURCE_REALTIME_TIMESTAMP": record["seconds"] + record["ms"] + "000",
            "__REALTIME_TIMESTAMP": record["seconds"] + "999999",
            "MESSAGE": f"{name} {record['body']}"}


def journal_json(line):
    fields = journal_fields(line)
    if not line.isascii():
        fields["MESSAGE"] = list(encoded(fields["MESSAGE"]))
    return fields


def journal_kernel(line):
    return {"__CURSOR": "s=1", "_TRANSPORT": "kernel", "_HOSTNAME": HOST, "MESSAGE": printk(line),
            "SYSLOG_IDENTIFIER": "kernel"}


def encode16(text, order):
    mark = b"\xff\xfe" if order == "le" else b"\xfe\xff"
    return mark + encoded(text).decode(errors="replace").encode("utf-16-" + order)


def journal_export(lines):
    """Every seventh value in the form for binary ones, as a newline in it would need."""
    out = b""
    for number, line in enumerate(lines):
        for key, value in journal_fields(line).items():
            value = encoded(value)
            if key == "MESSAGE" and (number % 7 == 0 or not line.isascii()):
                out += key.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
            else:
                out += key.encode() + b"=" + value + b"\n"
        out += b"\n"
    return out


def journal_file(lines):
    """A file of journald's own. Needs JOURNAL_REMOTE, which makes one of an export."""
    export = b"".join(b"".join(
        key.encode() + b"=" + encoded(value) + b"\n"
        for key, value in (journal_fields(line) | {"__MONOTONIC_TIMESTAMP": str(number + 1)}).items()
        if key != "__CURSOR") + b"\n" for number, line in enumerate(lines))
    return journal_of(export)


def journal_of(export):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "x.journal"
        subprocess.run([JOURNAL_REMOTE, "-o", file, "-"], input=export, capture_output=True,
                       check=True)
        return file.read_bytes()


def table(header, row, **options):
    def pack(lines):
        text = io.StringIO()
        writer = csv.writer(text, **options)
        if header:
            writer.writerow(header)
        writer.writerows(row(line) for line in lines)
        return encoded(text.getvalue())
    return pack


splunk_csv = table(["_raw", "_time", "host", "source"],
                   lambda line: [line, when(line).isoformat(), HOST, "/var/log/audit/audit.log"],
                   quoting=csv.QUOTE_ALL)
kibana_csv = table(["@timestamp", "host.name", "event.original"],
                   lambda line: [when(line).isoformat(), HOST, line])
plain_csv = table(None, lambda line: [when(line).isoformat(), HOST, line], quoting=csv.QUOTE_ALL)
semicolons = table(["time", "message"], lambda line: [when(line).isoformat(), line], delimiter=";")


azure_csv = table(["TimeGenerated", "Computer", "ProcessName", "SyslogMessage"],
                  lambda line: [when(line).isoformat(), HOST, "audispd", line])
graylog_csv = table(["timestamp", "source", "message"],
                    lambda line: [when(line).isoformat(), HOST, line], quoting=csv.QUOTE_ALL)


def wazuh(lines):
    """Its agent sends the records of an event as one text."""
    events = []
    for line in lines:
        stamp = parsed(line)["stamp"]
        if events and events[-1][0] == stamp and b"msg='" not in encoded(events[-1][1]):
            events[-1][1] += " " + raw_part(line)
        else:
            events.append([stamp, raw_part(line)])
    return each(events, lambda event: json.dumps(
        {"timestamp": "2026-12-02T01:00:07.000+0000", "agent": {"id": "001", "name": HOST},
         "manager": {"name": "wz"}, "full_log": event[1], "location": "/var/log/audit/audit.log"},
        ensure_ascii=False))


def ossec(lines):
    return each(lines, lambda line: f"{when(line):%Y %b %d %H:%M:%S} ({HOST}) "
                                    f"10.0.0.1->/var/log/audit/audit.log {line}")


def datadog(lines):
    return encoded(json.dumps({"data": [
        {"id": "x", "type": "log", "attributes": {"host": HOST, "message": line}}
        for line in lines]}, ensure_ascii=False))


def loki(lines):
    """Its answer to query_range; a stream of a few lines each."""
    return encoded(json.dumps({"status": "success", "data": {"resultType": "streams", "result": [
        {"stream": {"host": HOST}, "values": [["1796173200000000000", line]
                                              for line in lines[at:at + 50]]}
        for at in range(0, len(lines), 50)]}}, ensure_ascii=False))


def fluentd(lines):
    return each(lines, lambda line: f"{when(line).isoformat()}\taudit\t" + json.dumps(
        {"message": line, "host": HOST}, ensure_ascii=False))


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
    "laurel": laurel,
    "laurel-filebeat": laurel_filebeat,
    "go-audit": go_audit,
    "go-audit-syslog": go_audit_syslog,
    "journal-json": lambda lines: documents(lines, journal_json),
    "journal-json-kernel": lambda lines: documents(lines, journal_kernel),
    "journal-export": journal_export,
    "splunk-csv": splunk_csv,
    "kibana-csv": kibana_csv,
    "azure-csv": azure_csv,
    "graylog-csv": graylog_csv,
    "wazuh": wazuh,
    "ossec-archives": ossec,
    "datadog": datadog,
    "loki": loki,
    "fluentd": fluentd,
    "logscale": lambda lines: documents(lines, lambda line: {"@rawstring": line, "host": HOST}),
    "rsyslog-json": lambda lines: documents(lines, lambda line: {"host": HOST, "msg": " " + line}),
    "csv-no-header": plain_csv,
    "csv-semicolons": semicolons,
    "utf-16-le": lambda lines: encode16("\r\n".join(lines) + "\r\n", "le"),
    "utf-16-be": lambda lines: encode16("\n".join(lines) + "\n", "be"),
    "utf-16-csv": lambda lines: encode16(splunk_csv(lines).decode(errors="replace"), "le"),
    "utf-16-filebeat": lambda lines: encode16(
        documents(lines, filebeat).decode(errors="replace"), "le"),
    "crlf": lambda lines: encoded("".join(line + "\r\n" for line in lines)),
}

# Form -> what it carries of a line, None: nothing.
CARRIES = {
    "kernel-ring": of_kernel,
    "kernel-syslog": of_kernel,
    "journal-json": in_journal,
    "journal-export": in_journal,
    "journal-json-kernel": of_kernel,
    "laurel": raw_part,
    "laurel-filebeat": raw_part,
    "go-audit": of_kernel,
    "go-audit-syslog": of_kernel,
    "wazuh": raw_part,
}


def carried(form, lines):
    """What a form carries of a log's lines."""
    some = map(CARRIES.get(form, str), lines)
    return [line for line in some if line is not None]


def main():
    sys.stdout.buffer.write(FORMS[sys.argv[1]](lines_of(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
