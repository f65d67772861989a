#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/assembler.hpp"
#include "auexfil/host/tracker.hpp"

/// Small made-up audit logs, told call by call.
namespace auexfil::test {

inline constexpr std::uint32_t kUnset = 0xffffffffU;
inline constexpr std::uint32_t kX86_64 = 0xc000003eU;
inline constexpr std::uint32_t kI386 = 0x40000003U;

/// What a SYSCALL record says of the caller.
struct Who {
  int ppid = 1;
  std::string exe;
  std::string comm;
  std::string tty = "(none)";
  std::uint32_t auid = kUnset;
  std::uint32_t uid = 0;
  std::uint32_t ses = kUnset;
  std::vector<std::string> title{};  ///< PROCTITLE's words; none: comm
};

/// A call about to be logged; a profile of audit rules may leave it out.
struct Called {
  std::string_view name;
  std::int64_t exit{};
  std::uint64_t a[4]{};
  const Who& who;
  std::uint32_t arch{};
};

/// `saddr=` of an address; hex, as the kernel writes it.
inline std::string saddr(std::string_view address, int port) {
  const auto ip = audit::IpAddress::parse(address);
  if (!ip) {
    throw std::invalid_argument("no address: " + std::string(address));
  }
  std::string hex = ip->is_v4() ? "0200" : "0A00";
  hex += fmt::format("{:04X}", port);
  hex += ip->is_v4() ? "" : "00000000";
  for (std::size_t i = ip->is_v4() ? 12 : 0; i < 16; ++i) {
    hex += fmt::format("{:02X}", ip->bytes().at(i));
  }
  return hex + (ip->is_v4() ? "0000000000000000" : "00000000");
}

/// A title as the kernel writes it: words with NUL between them, in hex.
inline std::string title_of(const std::vector<std::string>& words) {
  std::string hex;
  for (const std::string& word : words) {
    hex += hex.empty() ? "" : "00";
    for (const char c : word) {
      hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
    }
  }
  return hex;
}

inline std::string unix_saddr(std::string_view path) {
  std::string hex = "0100";
  for (const char c : path) {
    hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
  }
  return hex + "00";
}

class Log {
 public:
  /// Which calls the rules ask for; empty: all that this class knows.
  std::function<bool(const Called&)> audited;
  std::string node;
  std::uint32_t arch = kX86_64;
  bool titles = true;  ///< with PROCTITLE records
  bool old_pids = false;
  std::string cwd = "/root";  ///< of execs

  Log() { who_[1] = {0, "/usr/lib/systemd/systemd", "systemd", "(none)", kUnset, 0, kUnset}; }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::int64_t now() const { return time_; }
  Who& who(int pid) { return who_.at(pid); }
  void pass(std::int64_t ms) { time_ += ms; }
  /// So many serials go by without a record.
  void lose(std::uint32_t serials) { serial_ += serials; }
  std::uint32_t serial() const { return serial_; }
  void raw(std::string_view lines) { text_ += lines; }
  void at(std::int64_t time, std::uint32_t serial) {
    time_ = time;
    serial_ = serial;
  }

  /// A process that was there before the log began.
  void there(int pid, int ppid, std::string exe) {
    Who who;
    who.ppid = ppid;
    who.comm = exe.substr(exe.rfind('/') + 1).substr(0, 15);
    who.exe = std::move(exe);
    who_[pid] = who;
  }
  void there(int pid, int ppid, std::string exe, std::uint32_t auid, std::uint32_t ses,
             std::string tty = "(none)") {
    there(pid, ppid, std::move(exe));
    who_[pid].auid = who_[pid].uid = auid;
    who_[pid].ses = ses;
    who_[pid].tty = std::move(tty);
  }

  /// One event with a SYSCALL record. `more` are the other records, without stamp: "SOCKADDR
  /// saddr=…".
  bool call(int pid, std::string_view name, std::int64_t exit,
            std::initializer_list<std::uint64_t> args,
            std::initializer_list<std::string> more = {}) {
    const Who& who = who_.at(pid);
    std::uint64_t a[4] = {};
    std::size_t n = 0;
    for (const std::uint64_t arg : args) {
      a[n++] = arg;
    }
    time_ += 5;
    Called called{name, exit, {a[0], a[1], a[2], a[3]}, who, arch};
    if (audited && !audited(called)) {
      return false;
    }
    const std::string key = fmt::format("{}", name);
    std::string line = fmt::format("arch={:x} syscall={}", arch, number(name));
    if (name != "exit_group" && name != "exit") {
      line += fmt::format(" success={} exit={}", exit < 0 ? "no" : "yes", exit);
    }
    line += fmt::format(
        " a0={:x} a1={:x} a2={:x} a3={:x} items=0 ppid={} pid={} auid={} uid={} gid=0 euid={} "
        "suid={} fsuid={} egid=0 sgid=0 fsgid=0 tty={} ses={} comm=\"{}\" exe=\"{}\" "
        "subj=unconfined key=\"t\"",
        a[0], a[1], a[2], a[3], who.ppid, pid, who.auid, who.uid, who.uid, who.uid, who.uid,
        who.tty, who.ses, who.comm, who.exe);
    const std::string stamp = next_stamp();
    record("SYSCALL", stamp, line);
    for (const std::string& other : more) {
      const std::size_t blank = other.find(' ');
      record(other.substr(0, blank), stamp, other.substr(blank + 1));
    }
    if (titles) {
      record("PROCTITLE", stamp,
             "proctitle=" + (who.title.empty() ? '"' + who.comm + '"' : title_of(who.title)));
    }
    return true;
  }

  // Processes
  void fork(int parent, int child, std::uint64_t flags = 0x1200011) {
    inherit(parent, child);
    call(parent, "clone", child, {flags, 0, 0, 0});
  }
  void vfork(int parent, int child) {
    inherit(parent, child);
    call(parent, "vfork", child, {});
  }
  /// The child, before any record tells of it.
  void inherit(int parent, int child) {
    Who who = who_.at(parent);
    who.ppid = parent;
    who_[child] = who;
  }
  void exec(int pid, std::string exe, const std::vector<std::string>& argv,
            std::string script = "") {
    Who& who = who_.at(pid);
    const std::string name = script.empty() ? exe : script;
    who.comm = name.substr(name.rfind('/') + 1).substr(0, 15);
    who.exe = std::move(exe);
    std::string line = fmt::format("EXECVE argc={}", argv.size());
    for (std::size_t i = 0; i < argv.size(); ++i) {
      line += fmt::format(" a{}={}", i, encode(argv[i]));
    }
    const std::string path = fmt::format(
        "PATH item=0 name=\"{}\" inode=1 dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 "
        "nametype=NORMAL cap_fp=0",
        script.empty() ? who.exe : script);
    call(pid, "execve", 0, {0x55, 0x56, 0x57, 0x8}, {line, "CWD cwd=" + encode(cwd), path});
  }
  /// fork and exec.
  int run(int parent, int child, std::string exe, const std::vector<std::string>& argv) {
    fork(parent, child);
    exec(child, std::move(exe), argv);
    return child;
  }
  void exit(int pid) { call(pid, "exit_group", 0, {0}); }
  void setsid(int pid) {
    who_.at(pid).tty = "(none)";
    call(pid, "setsid", pid, {});
  }

  // Descriptors
  void close(int pid, int fd) { call(pid, "close", 0, {u(fd)}); }
  void dup2(int pid, int from, int to) { call(pid, "dup2", to, {u(from), u(to)}); }
  void close_on_exec(int pid, int fd) { call(pid, "fcntl", 0, {u(fd), 2, 1}); }
  void close_range(int pid, std::uint32_t first) {
    call(pid, "close_range", 0, {first, 0xffffffffU, 0});
  }
  void open(int pid, int fd, const std::string& path) {
    call(pid, "openat", fd, {0xffffff9cU, 0x7f, 0, 0},
         {fmt::format("PATH item=0 name=\"{}\" nametype=NORMAL", path)});
  }

  /// With what the kernel says of where and what it is.
  void open_in(int pid, int fd, std::string_view from, const std::string& path,
               std::uint64_t flags = 0, std::string_view mode = "0100644",
               std::uint64_t folder = 0xffffff9cU) {
    call(pid, "openat", fd, {folder, 0x7f, flags, 0},
         {"CWD cwd=" + encode(std::string(from)),
          fmt::format("PATH item=0 name={} inode=7 dev=08:01 mode={} ouid=0 ogid=0 rdev=00:00 "
                      "nametype=NORMAL",
                      encode(path), mode)});
  }
  void unlink(int pid, std::string_view from, const std::string& path,
              std::uint64_t folder = 0xffffff9cU) {
    call(pid, "unlinkat", 0, {folder, 0x7f, 0},
         {"CWD cwd=" + encode(std::string(from)), "PATH item=0 name=\"/\" nametype=PARENT",
          fmt::format("PATH item=1 name={} mode=0100644 nametype=DELETE", encode(path))});
  }
  void pipe(int pid, int end, int other) {
    call(pid, "pipe2", 0, {0x7f, 0}, {fmt::format("FD_PAIR fd0={} fd1={}", end, other)});
  }

  // Sockets
  void socket(int pid, int fd, std::uint64_t type = 1, std::uint64_t family = 2) {
    call(pid, "socket", fd, {family, type, 0});
  }
  void udp(int pid, int fd) { socket(pid, fd, 2); }
  void connect(int pid, int fd, std::string_view address, int port, std::int64_t exit = 0) {
    call(pid, "connect", exit, {u(fd), 0x7f, 16}, {"SOCKADDR saddr=" + saddr(address, port)});
  }
  /// socket and connect.
  void tcp(int pid, int fd, std::string_view address, int port, std::int64_t exit = 0) {
    socket(pid, fd, 1, address.find(':') == std::string_view::npos ? 2 : 10);
    connect(pid, fd, address, port, exit);
  }
  void local(int pid, int fd, std::string_view path) {
    call(pid, "connect", 0, {u(fd), 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr(path)});
  }
  void bind(int pid, int fd, std::string_view address, int port) {
    call(pid, "bind", 0, {u(fd), 0x7f, 16}, {"SOCKADDR saddr=" + saddr(address, port)});
  }
  void bind_local(int pid, int fd, std::string_view path) {
    call(pid, "bind", 0, {u(fd), 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr(path)});
  }
  void listen(int pid, int fd) { call(pid, "listen", 0, {u(fd), 16}); }
  void accept(int pid, int fd, int made, std::string_view address, int port) {
    call(pid, "accept", made, {u(fd), 0x7f, 0x7f}, {"SOCKADDR saddr=" + saddr(address, port)});
  }

  // Bytes
  void write(int pid, int fd, std::int64_t bytes) {
    call(pid, "write", bytes, {u(fd), 0x7f, static_cast<std::uint64_t>(bytes > 0 ? bytes : 99)});
  }
  void send(int pid, int fd, std::int64_t bytes) {
    call(pid, "sendto", bytes, {u(fd), 0x7f, static_cast<std::uint64_t>(bytes > 0 ? bytes : 99)});
  }
  void sendto(int pid, int fd, std::int64_t bytes, std::string_view address, int port) {
    call(pid, "sendto", bytes, {u(fd), 0x7f, static_cast<std::uint64_t>(bytes)},
         {"SOCKADDR saddr=" + saddr(address, port)});
  }
  void read(int pid, int fd, std::int64_t bytes) {
    call(pid, "read", bytes, {u(fd), 0x7f, static_cast<std::uint64_t>(bytes)});
  }
  /// What a client of its kind sends first, then content in pieces.
  void upload(int pid, int fd, std::int64_t bytes, std::int64_t piece = 32804) {
    write(pid, fd, 41);
    for (bytes -= 41; bytes > 0; bytes -= piece) {
      write(pid, fd, std::min(bytes, piece));
    }
  }

  // Sessions
  void login(int pid, std::uint32_t auid, std::uint32_t ses) {
    Who& who = who_.at(pid);
    const std::string stamp = next_stamp();
    time_ += 5;
    record("LOGIN", stamp,
           fmt::format("pid={} uid=0 subj=unconfined old-auid=4294967295 auid={} tty=(none) "
                       "old-ses=4294967295 ses={} res=1",
                       pid, auid, ses));
    record("SYSCALL", stamp,
           fmt::format("arch=c000003e syscall=1 success=yes exit=1 a0=3 a1=7f a2=1 a3=0 items=0 "
                       "ppid={} pid={} auid={} uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 "
                       "fsgid=0 tty=(none) ses={} comm=\"{}\" exe=\"{}\" subj=unconfined "
                       "key=(null)",
                       who.ppid, pid, auid, ses, who.comm, who.exe));
    record("PROCTITLE", stamp, "proctitle=\"x\"");
    who.auid = auid;
    who.ses = ses;
  }
  void user(std::string_view type, int pid, std::string_view op, std::string_view terminal,
            std::string_view address = "?") {
    const Who& who = who_.at(pid);
    time_ += 5;
    record(type, next_stamp(),
           fmt::format("pid={} uid=0 auid={} ses={} subj=unconfined msg='op={} acct=\"u\" "
                       "exe=\"{}\" hostname={} addr={} terminal={} res=success'",
                       pid, who.auid, who.ses, op, who.exe, address, address, terminal));
  }

  // Stories

  /// A daemon of the service manager. The log shows its exec.
  int daemon(int pid, const std::string& exe) {
    fork(1, pid);
    exec(pid, exe, {exe, "-D"});
    return pid;
  }

  /// cron's child logs in, opens the session and forks the one that runs the command.
  /// \return the pid of `sh -c COMMAND`.
  int cron_job(int cron, int child, int shell, const std::string& command, std::uint32_t ses,
               std::uint32_t auid = 0) {
    fork(cron, child);
    login(child, auid, ses);
    user("USER_START", child, "PAM:session_open", "cron");
    write(child, 5, 60);  // to the log
    close(child, 5);
    fork(child, shell);
    setsid(shell);
    who_.at(shell).uid = auid;
    exec(shell, "/usr/bin/dash", {"/bin/sh", "-c", command});
    return shell;
  }

  /// sshd's monitor and user child; no program of the user's runs yet. \return the user child.
  int ssh_login(int sshd, int monitor, int child, std::uint32_t ses, std::uint32_t auid,
                const std::string& tty, std::string_view from = "192.0.2.77") {
    fork(sshd, monitor);
    login(monitor, auid, ses);
    user("USER_START", monitor, "PAM:session_open", "ssh", from);
    fork(monitor, child);
    who_.at(child).uid = auid;
    if (!tty.empty()) {
      user("USER_LOGIN", monitor, "login", "/dev/" + tty, from);
    }
    return child;
  }

  /// A person's login shell over ssh. \return the shell.
  int person(int sshd, int first, std::uint32_t ses, std::uint32_t auid = 1000,
             const std::string& tty = "pts0") {
    const int child = ssh_login(sshd, first, first + 1, ses, auid, tty);
    fork(child, first + 2);
    who_.at(first + 2).tty = tty;
    exec(first + 2, "/usr/bin/bash", {"-bash"});
    return first + 2;
  }

  void record(std::string_view type, const std::string& stamp, std::string_view body) {
    if (!node.empty()) {
      text_ += "node=" + node + " ";
    }
    text_ += fmt::format("type={} msg=audit({}): {}\n", type, stamp, body);
  }
  std::string next_stamp() {
    ++serial_;
    return fmt::format("{}.{:03}:{}", time_ / 1000, time_ % 1000, serial_ - 1);
  }

  static std::string encode(const std::string& text) {
    const bool plain = !text.empty() && text.find_first_of("\" ") == std::string::npos &&
                       text.find('\n') == std::string::npos;
    if (plain || text.empty()) {
      return "\"" + text + "\"";
    }
    std::string hex;
    for (const char c : text) {
      hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
    }
    return hex;
  }

  [[nodiscard]] int number(std::string_view name) const {
    static const std::map<std::string_view, std::pair<int, int>> kNumbers = {
        {"read", {0, 3}},
        {"write", {1, 4}},
        {"open", {2, 5}},
        {"close", {3, 6}},
        {"writev", {20, 146}},
        {"dup", {32, 41}},
        {"dup2", {33, 63}},
        {"sendfile", {40, 187}},
        {"socket", {41, 359}},
        {"connect", {42, 362}},
        {"accept", {43, 364}},
        {"sendto", {44, 369}},
        {"recvfrom", {45, 371}},
        {"sendmsg", {46, 370}},
        {"recvmsg", {47, 372}},
        {"bind", {49, 361}},
        {"listen", {50, 363}},
        {"socketpair", {53, 360}},
        {"clone", {56, 120}},
        {"fork", {57, 2}},
        {"vfork", {58, 190}},
        {"execve", {59, 11}},
        {"exit", {60, 1}},
        {"fcntl", {72, 55}},
        {"setsid", {112, 66}},
        {"exit_group", {231, 252}},
        {"openat", {257, 295}},
        {"unshare", {272, 310}},
        {"splice", {275, 313}},
        {"accept4", {288, 364}},
        {"dup3", {292, 330}},
        {"sendmmsg", {307, 345}},
        {"clone3", {435, 435}},
        {"pipe2", {293, 331}},
        {"close_range", {436, 436}},
        {"socketcall", {-1, 102}},
        {"pwrite64", {18, 181}},
        {"pidfd_open", {434, 434}},
        {"pidfd_getfd", {438, 438}},
        {"recvmmsg", {299, 337}},
        {"ioctl", {16, 54}},
        {"unlink", {87, 10}},
        {"unlinkat", {263, 301}},
        {"openat2", {437, 437}},
        {"io_uring_setup", {425, 425}},
        {"io_uring_enter", {426, 426}},
        {"io_submit", {209, 248}}};
    const auto& [b64, b32] = kNumbers.at(name);
    return arch == kX86_64 ? b64 : b32;
  }

 private:
  static std::uint64_t u(int value) { return static_cast<std::uint32_t>(value); }

  std::map<int, Who> who_;
  std::string text_;
  std::int64_t time_ = 1'796'173'200'000;  // 2026-12-02T01:00:00Z
  std::uint32_t serial_ = 100;
};

/// A profile that audits these calls, of everybody.
inline std::function<bool(const Called&)> only(std::set<std::string_view> names) {
  return [names = std::move(names)](const Called& call) { return names.contains(call.name); };
}
/// A profile that audits everything but these calls.
inline std::function<bool(const Called&)> all_but(std::set<std::string_view> names) {
  return [names = std::move(names)](const Called& call) { return !names.contains(call.name); };
}

/// Hands the events of a text to a sink, as a file's would be.
inline void each_event(const std::string& text, const audit::Assembler::Sink& sink,
                       std::size_t block_bytes = std::size_t{1} << 20) {
  audit::Assembler assembler({}, sink, {});
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = text.size();
    if (text.size() - at > block_bytes) {
      end = text.rfind('\n', at + block_bytes) + 1;
    }
    auto parsed = std::make_unique<audit::ParsedBlock>();
    parsed->block = std::make_unique<input::Block>();
    parsed->block->buffer.assign(text.begin() + static_cast<std::ptrdiff_t>(at),
                                 text.begin() + static_cast<std::ptrdiff_t>(end));
    parsed->block->bytes = {parsed->block->buffer.data(), parsed->block->buffer.size()};
    parsed->block->starts_file = at == 0;
    audit::parse_block(*parsed);
    assembler.add(std::move(parsed));
    at = end;
  }
  assembler.finish();
}

}  // namespace auexfil::test
