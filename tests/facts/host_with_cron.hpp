#pragma once

#include <string>
#include <vector>

#include "told.hpp"

namespace auexfil::test {

/// A host where cron and sshd run; each test's jobs are cron's unless it says otherwise.
class CronHost : public Log {
 public:
  static constexpr int kCron = 300;
  static constexpr int kSshd = 310;

  explicit CronHost(std::string host = "", std::function<bool(const Called&)> profile = {}) {
    node = std::move(host);
    audited = std::move(profile);
    daemon(kCron, "/usr/sbin/cron");
    daemon(kSshd, "/usr/sbin/sshd");
    write(kCron, 8, 30);
    call(kCron, "writev", 30, {8, 0x7f, 2});
    call(kCron, "sendto", 30, {9, 0x7f, 30});
    call(kCron, "sendmsg", 300, {9, 0x7f, 0});
    close(kCron, 9);
  }

  /// A job of cron's. \return the pid of its `sh -c`.
  int job(const std::string& command, std::uint32_t auid = 0) {
    const int first = next_pid_;
    next_pid_ += 10;
    return cron_job(kCron, first, first + 1, command, ++ses_, auid);
  }

  /// A job that is one program: `sh -c` forks and execs it. \return the program's pid.
  int tool(const std::string& exe, const std::vector<std::string>& argv, std::uint32_t auid = 0) {
    std::string command;
    for (const std::string& arg : argv) {
      command += (command.empty() ? "" : " ") + arg;
    }
    const int shell = job(command, auid);
    return run(shell, shell + 1, exe, argv);
  }

  /// The ssh that scp, sftp or rsync (pid) starts. \return its pid; it has connected on 3.
  int ssh_child(int pid, const std::vector<std::string>& argv, std::string_view address,
                int port = 22) {
    const int child = run(pid, pid + 1, "/usr/bin/ssh", argv);
    close_range(child, 3);
    socket(child, 3);
    close_on_exec(child, 3);
    connect(child, 3, address, port);
    return child;
  }
  static std::vector<std::string> sftp_argv(const std::string& host) {
    return {"/usr/bin/ssh",
            "-x",
            "-oPermitLocalCommand=no",
            "-oClearAllForwardings=yes",
            "-oRemoteCommand=none",
            "-oRequestTTY=no",
            "-oForwardAgent=no",
            "-s",
            "--",
            host,
            "sftp"};
  }

  /// Everything of a process goes: its socket on 3, itself.
  void done(int pid, int fd = 3) {
    close(pid, fd);
    exit(pid);
  }

 private:
  int next_pid_ = 1000;
  std::uint32_t ses_ = 10;
};

}  // namespace auexfil::test
