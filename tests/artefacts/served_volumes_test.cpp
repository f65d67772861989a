#include "auexfil/artefacts/served_volumes.hpp"

#include <catch2/catch.hpp>

#include "image.hpp"
#include "server_logs.hpp"

namespace auexfil::artefacts::test {
namespace {

constexpr std::int64_t kStart = 1796173321;  // 2026-12-02T01:02:01Z, 02:02:01 in Berlin
const audit::IpAddress kPeer = *audit::IpAddress::parse("203.0.113.48");

ServedConnection connection(ServerKind kind, std::uint32_t pid, std::uint16_t port,
                            std::int64_t first, std::int64_t last) {
  return {kind, kPeer, port, kStart + first, kStart + last, {{0, pid}, pid}};
}

/// "PATH:LINE BYTES/LINES PORT=BYTES ?UNCLEAR" of what a run, by its pid, sent to the peer.
std::string told(ServedVolumes& volumes, ServerKind kind, std::uint32_t pid) {
  std::string text;
  for (const ServedVolume& one : volumes.of(kind, {{0, pid}, pid}, kPeer)) {
    text += one.path + ":" + std::to_string(one.line) + " " + std::to_string(one.bytes) + "/" +
            std::to_string(one.lines);
    for (const auto& [port, bytes] : one.by_port) {
      text += " " + std::to_string(port) + "=" + std::to_string(bytes);
    }
    text += one.unclear > 0 ? " ?" + std::to_string(one.unclear) : "";
    text += one.is_cut ? " cut; " : "; ";
  }
  return text;
}

std::string xferlog(const std::string& clock, const std::string& rest) {
  return "Wed Dec  2 " + clock + " 2026 " + rest + "\n";
}

std::string sshd(const std::string& clock, const std::string& tag, const std::string& text) {
  return "Dec  2 " + clock + " h " + tag + ": " + text + "\n";
}

}  // namespace

TEST_CASE("served: lines of servers of ftp that tell what was fetched") {
  struct Case {
    const char* line;
    const char* told;  ///< "PEER BYTES HH:MM:SS", empty: nothing
  };
  const Case cases[] = {
      {"Wed Dec  2 02:03:05 2026 3 203.0.113.48 300000 /srv/a b _ o r fu ftp 0 * c",
       "203.0.113.48 300000 02:03:02"},
      {"Wed Dec 12 02:03:05 2026 1 ::ffff:203.0.113.48 7 /srv/a_b a T o a guest@ ftp 1 me i",
       "203.0.113.48 7 02:03:04"},
      {"Wed Dec  2 02:03:05 2026 1 2001:db8::1 7 /srv/a b _ o a who ever ftp 0 * c",
       ""},  // the user's blank shifts what tells the way
      {"Wed Dec  2 02:03:05 2026 1 203.0.113.48 7 /srv/a b _ i r fu ftp 0 * c", ""},
      {"Wed Dec  2 02:03:05 2026 1 203.0.113.48 7 /srv/a b _ d r fu ftp 0 * c", ""},
      {"Wed Dec  2 02:03:05 2026 1 host.example.org 7 /srv/a b _ o r fu ftp 0 * c", ""},
      {"Wed Dec  2 02:03:05 2026 1 203.0.113.48 -7 /srv/a b _ o r fu ftp 0 * c", ""},
      {"Wed Dec  2 02:03:05 2026 1 203.0.113.48 99999999999999999999 /a b _ o r fu ftp 0 * c", ""},
      {"Wed Dec  2 02:03:05 2026 4294967295 203.0.113.48 7 /a b _ o r fu ftp 0 * c", ""},
      {"Wed Dec 32 02:03:05 2026 1 203.0.113.48 7 /srv/a b _ o r fu ftp 0 * c", ""},
      {"Wed Foo  2 02:03:05 2026 1 203.0.113.48 7 /srv/a b _ o r fu ftp 0 * c", ""},
      {"Wed Dec  2 25:03:05 2026 1 203.0.113.48 7 /srv/a b _ o r fu ftp 0 * c", ""},
      {"Wed Dec  2 02:03:05 2026 1 203.0.113.48 7", ""},
      {"Wed Dec  2 02:03:05 2026", ""},
      {"Wed Dec  2 02:03:05 2026 [pid 7403] [fu] OK DOWNLOAD: Client \"203.0.113.48\", \"/a\", "
       "300000 "
       "bytes, 110304.50Kbyte/sec",
       "203.0.113.48 300000 02:03:05"},
      {"Wed Dec  2 02:03:05 2026 [pid 7403] [fu] FAIL DOWNLOAD: Client \"::ffff:203.0.113.48\", "
       "\"/a, "
       "9 bytes, 1.00Kbyte/sec\", 3 bytes, 1.00Kbyte/sec",
       "203.0.113.48 3 02:03:05"},
      {"Wed Dec  2 02:03:05 2026 [pid 7403] [fu] OK DOWNLOAD: Client \"203.0.113.48\", \"/a\", "
       "0.00Kbyte/sec",
       ""},
      {"Wed Dec  2 02:03:05 2026 [pid 7403] [fu] OK DOWNLOAD: Client \"203.0.113.48\", \"/a, 9 "
       "bytes\", 0.00Kbyte/sec",
       ""},
      {"Wed Dec  2 02:03:05 2026 [pid 7403] [fu] OK UPLOAD: Client \"203.0.113.48\", \"/a\", 3 "
       "bytes, "
       "1.00Kbyte/sec",
       ""},
      {"Wed Dec  2 02:03:05 2026 [pid 7403] CONNECT: Client \"203.0.113.48\"", ""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.line);
    const auto line = parse_ftp_line(one.line);
    CHECK((line ? line->peer.to_string() + " " + std::to_string(line->bytes) + " " +
                      date::format("%T", *line->time.local)
                : std::string()) == one.told);
  }
}

TEST_CASE("served: ftp's lines are of the run that the peer was connected to") {
  Image image;
  const std::string sent = " b _ o r fu ftp 0 * c";
  image.files["/var/log/xferlog"] =
      xferlog("02:02:08", "2 203.0.113.48 700 /a" + sent) +
      xferlog("02:12:05", "1 203.0.113.48 70 /a" + sent) +
      xferlog("02:12:05", "1 203.0.113.49 3 /a" + sent) +  // another peer
      xferlog("01:12:05", "1 203.0.113.48 5 /a" + sent) +  // before any connection
      xferlog("02:42:05", "1 203.0.113.48 11 /a" + sent);  // of the next run
  ServedVolumes volumes(image, "Europe/Berlin");
  volumes.expect(connection(ServerKind::ftp, 9, 40100, 2400, 2401));
  volumes.expect(connection(ServerKind::ftp, 7, 40000, 0, 1));
  volumes.expect(connection(ServerKind::ftp, 7, 40001, 3, 4));
  volumes.expect(connection(ServerKind::ssh, 8, 40002, 600, 601));
  CHECK(told(volumes, ServerKind::ftp, 7) == "/var/log/xferlog:1 770/2 40001=770; ");
  CHECK(told(volumes, ServerKind::ftp, 9) == "/var/log/xferlog:5 11/1 40100=11; ");
  CHECK(told(volumes, ServerKind::ssh, 8).empty());
  CHECK(told(volumes, ServerKind::ftp, 10).empty());
}

TEST_CASE("served: a line that may be of two runs is of neither") {
  Image image;
  image.files["/var/log/xferlog"] =
      xferlog("02:02:08", "2 203.0.113.48 700 /a b _ o r fu ftp 0 * c");
  ServedVolumes volumes(image, "Europe/Berlin");
  SECTION("both are connected") {
    volumes.expect(connection(ServerKind::ftp, 7, 40000, -60, 60));
    volumes.expect(connection(ServerKind::ftp, 9, 40001, 0, 0));
  }
  SECTION("both came at once") {
    volumes.expect(connection(ServerKind::ftp, 7, 40000, -1, -1));
    volumes.expect(connection(ServerKind::ftp, 9, 40001, 0, 0));
  }
  CHECK(told(volumes, ServerKind::ftp, 7) == "/var/log/xferlog:1 0/0 ?1; ");
  CHECK(told(volumes, ServerKind::ftp, 9) == "/var/log/xferlog:1 0/0 ?1; ");
}

TEST_CASE("served: more connections than are kept leave every line unclear") {
  Image image;
  image.files["/var/log/xferlog"] =
      xferlog("02:02:08", "2 203.0.113.48 700 /a b _ o r fu ftp 0 * c");
  ServedVolumes volumes(image, "Europe/Berlin");
  volumes.expect(connection(ServerKind::ftp, 7, 40000, 0, 1));
  for (int i = 0; i < 65536; ++i) {
    ServedConnection other = connection(ServerKind::ftp, 8, 40000, 0, 1);
    other.peer = *audit::IpAddress::parse("203.0.113.7");
    volumes.expect(other);
  }
  CHECK(told(volumes, ServerKind::ftp, 7) == "/var/log/xferlog:1 0/0 ?1; ");
}

TEST_CASE("served: logs of ftp where settings put them, their rotations in order") {
  Image image;
  const auto line = [](const std::string& bytes) {
    return xferlog("02:02:08", "2 203.0.113.48 " + bytes + " /a b _ o r fu ftp 0 * c");
  };
  image.files["/etc/vsftpd.conf"] = "# vsftpd_log_file=/no\nxferlog_file=/srv/log/x\n";
  image.files["/etc/proftpd/proftpd.conf"] = "  TransferLog /var/log/p.log\n";
  image.files["/srv/log/x"] = line("1");
  image.files["/srv/log/x.1"] = line("2");
  image.files["/srv/log/x.10"] = line("4");
  image.files["/srv/log/xy"] = line("8");
  image.files["/var/log/p.log"] = line("16");
  image.files["/var/log/p.log-20261201"] = line("32");
  image.files["/no"] = line("64");
  ServedVolumes volumes(image, "Europe/Berlin");
  volumes.expect(connection(ServerKind::ftp, 7, 40000, 0, 1));
  CHECK(told(volumes, ServerKind::ftp, 7) ==
        "/srv/log/x.10:1 7/3 40000=7; /var/log/p.log-20261201:1 48/2 40000=48; ");
}

TEST_CASE("served: more lines than are kept of a log are said") {
  Image image;
  std::string text;
  for (int i = 0; i < 100001; ++i) {
    text += xferlog("02:02:08", "2 203.0.113.48 1 /a b _ o r fu ftp 0 * c");
  }
  image.files["/var/log/xferlog"] = text;
  ServedVolumes volumes(image, "Europe/Berlin");
  volumes.expect(connection(ServerKind::ftp, 7, 40000, 0, 1));
  CHECK(told(volumes, ServerKind::ftp, 7) == "/var/log/xferlog:1 100000/100000 40000=100000 cut; ");
}

TEST_CASE("served: what sshd and sftp-server say, by session and connection") {
  Image image;
  image.files["/var/log/auth.log.1"] =
      sshd("02:02:03", "sftp-server[70]", "session opened for local user a from [203.0.113.48]") +
      sshd("02:02:04", "sftp-server[70]", "open \"/a\" flags READ mode 0666") +
      sshd("02:02:05", "sftp-server[70]", "close \"/a\" bytes read 700 written 0") +
      sshd("02:02:05", "sftp-server[70]", "close \"/up\" bytes read 0 written 900") +
      sshd("02:02:05", "sftp-server[71]", "close \"/a\" bytes read 5 written 0") +
      sshd("02:02:05", "sftp-server[70]", "close \"/a\" bytes read 5 written 0 ") +
      sshd("02:02:05", "other[70]", "close \"/a\" bytes read 5 written 0");
  image.files["/var/log/auth.log"] =
      sshd("02:02:06", "sftp-server[70]",
           "forced close \"/b\" bytes read 1 written 1\" bytes read 70 written 0") +
      sshd("02:02:07", "sftp-server[70]", "session closed for local user a from [203.0.113.48]") +
      sshd("02:02:07", "sftp-server[70]", "close \"/a\" bytes read 5 written 0") +
      sshd("02:02:08", "sshd[60]", "Transferred: sent 2105, received 5241 bytes") +
      sshd("02:02:08", "sshd[60]", "Closing connection to 203.0.113.48 port 40000") +
      sshd("02:02:08", "sshd[60]", "Closing connection to 203.0.113.48 port 40000") +
      sshd("02:02:08", "sshd[61]", "Transferred: sent 9, received 5241 bytes") +
      sshd("02:02:08", "sshd[61]", "Closing connection to 203.0.113.48 port 40009") +
      sshd("02:02:09", "sshd-session[62]",
           "session opened for local user a from [203.0.113.48] [postauth]") +
      sshd("02:02:09", "sshd-session[62]", "close \"/a\" bytes read 3 written 0 [postauth]");
  ServedVolumes volumes(image, "Europe/Berlin");
  volumes.expect(connection(ServerKind::ssh, 7, 40000, 0, 0));
  volumes.expect(connection(ServerKind::ssh, 7, 40001, 7, 7));
  CHECK(told(volumes, ServerKind::ssh, 7) ==
        "/var/log/auth.log.1:3 773/3 40000=770 40001=3; /var/log/auth.log:5 2105/1 40000=2105; ");
}

TEST_CASE("served: a file's name cannot stand for what is behind it") {
  const auto bytes = [](const std::string& text) {
    ServerLines lines;
    input::SystemLine line;
    const std::string head = sshd("02:02:03", "sftp-server[70]", "");
    const std::string opened =
        sshd("02:02:03", "sftp-server[70]", "session opened for local user a from [203.0.113.48]");
    REQUIRE(input::parse_system_line(opened, line));
    static_cast<void>(lines.read(line));
    const std::string said = head.substr(0, head.size() - 1) + text;
    REQUIRE(input::parse_system_line(said, line));
    const auto told = lines.read(line);
    return told ? std::to_string(told->line.bytes) : std::string();
  };
  CHECK(bytes("close \"/a\" bytes read 9 written 0\" bytes read 7 written 0") == "7");
  CHECK(bytes("close \"/a\" bytes read 9 written 0\"").empty());
  CHECK(bytes("close \"/a\" bytes read 99999999999999999999 written 0").empty());
  CHECK(bytes("close \"/a\" bytes read -9 written 0").empty());
  CHECK(bytes("opendir \"close \"/a\" bytes read 9 written 0").empty());
}

TEST_CASE("served: sessions that stay open are forgotten, and that is counted") {
  ServerLines lines;
  for (std::uint32_t pid = 1; pid <= 5000; ++pid) {
    const std::string text = sshd("02:02:03", "sftp-server[" + std::to_string(pid) + "]",
                                  "session opened for local user a from [203.0.113.48]");
    input::SystemLine line;
    REQUIRE(input::parse_system_line(text, line));
    static_cast<void>(lines.read(line));
  }
  CHECK(lines.forgotten() == 5000 - 4096);
}

}  // namespace auexfil::artefacts::test
