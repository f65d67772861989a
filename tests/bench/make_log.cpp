// Makes audit logs of any size from the lines of a real one: the same records again and again, with
// times, serials and pids moved on, so that every copy is a new stretch of the same host's life.
//
//   make_log --size BYTES [--template FILE] [--rate EVENTS_PER_SECOND] [--pids N] [--hosts N]
//            [--raw] [--shape copy|forks|writes|connects|commands|dense]
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

struct Settings {
  std::uint64_t size = std::uint64_t{100} << 20;
  std::string source;
  double rate = 0;           // events a second; 0: as the template has it
  std::uint32_t pids = 400;  // numbers that come and go
  unsigned hosts = 0;        // 0: no node=
  bool raw = false;          // without the enriched part
  std::string shape = "copy";
};

/// A line, cut where a number is to be moved on.
struct Piece {
  enum class Kind : std::uint8_t { text, stamp, pid, copy } kind = Kind::text;
  std::string text;
  std::int64_t time_ms = 0;
  std::uint64_t serial = 0;
  std::uint32_t pid = 0;
};
struct Line {
  std::vector<Piece> pieces;
};

constexpr char kCopy = '\x01';            // stands for the number of the copy
constexpr std::uint32_t kFirstJob = 420;  // pids of daemons stay, those of jobs come and go

bool read_number(std::string_view text, std::size_t& at, std::uint64_t& value) {
  const auto [rest, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error != std::errc{}) {
    return false;
  }
  at = static_cast<std::size_t>(rest - text.data());
  return true;
}

Line cut_line(std::string_view line) {
  Line result;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) {
      result.pieces.push_back({Piece::Kind::text, literal, 0, 0, 0});
      literal.clear();
    }
  };
  const bool forks = line.find(" syscall=56 ") != std::string_view::npos ||
                     line.find(" syscall=57 ") != std::string_view::npos ||
                     line.find(" syscall=58 ") != std::string_view::npos ||
                     line.find(" syscall=435 ") != std::string_view::npos;
  for (std::size_t at = 0; at < line.size();) {
    if (line.compare(at, 6, "audit(") == 0) {
      literal += "audit(";
      std::size_t p = at + 6;
      Piece stamp;
      stamp.kind = Piece::Kind::stamp;
      std::uint64_t seconds = 0;
      std::uint64_t ms = 0;
      if (read_number(line, p, seconds) && line[p] == '.' && read_number(line, ++p, ms) &&
          line[p] == ':' && read_number(line, ++p, stamp.serial)) {
        stamp.time_ms = static_cast<std::int64_t>(seconds * 1000 + ms);
        flush();
        result.pieces.push_back(stamp);
        at = p;
        continue;
      }
      at += 6;
      continue;
    }
    if (line[at] == kCopy) {
      flush();
      result.pieces.emplace_back().kind = Piece::Kind::copy;
      ++at;
      continue;
    }
    std::size_t key = 0;
    if (line.compare(at, 5, " pid=") == 0) {
      key = 5;
    } else if (line.compare(at, 6, " ppid=") == 0) {
      key = 6;
    } else if (forks && line.compare(at, 6, " exit=") == 0) {
      key = 6;
    }
    if (key > 0) {
      literal += line.substr(at, key);
      std::size_t p = at + key;
      std::uint64_t pid = 0;
      if (read_number(line, p, pid) && pid >= kFirstJob && pid < 100000) {
        flush();
        Piece piece;
        piece.kind = Piece::Kind::pid;
        piece.pid = static_cast<std::uint32_t>(pid);
        result.pieces.push_back(piece);
        at = p;
      } else {
        at += key;
      }
      continue;
    }
    literal.push_back(line[at++]);
  }
  literal.push_back('\n');
  flush();
  return result;
}

/// Below a dozen scripts that call each other, an scp and its ssh again and again: of ten events
/// two start a transfer tool.
std::string dense() {
  std::string text;
  std::uint64_t serial = 0;
  const auto syscall = [&](const std::string& call, const std::string& args, int ppid, int pid,
                           const std::string& exe) {
    ++serial;
    const std::string stamp = "audit(1796173000." + std::to_string(100 + serial % 900) + ":" +
                              std::to_string(serial) + ")";
    const std::string comm = exe.substr(exe.rfind('/') + 1);
    text += "type=SYSCALL msg=" + stamp + ": arch=c000003e syscall=" + call + " " + args +
            " items=0 ppid=" + std::to_string(ppid) + " pid=" + std::to_string(pid) +
            " auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=3 "
            "comm=\"" +
            comm + "\" exe=\"" + exe + "\" subj=unconfined key=\"all\"\n";
    return stamp;
  };
  const auto exec = [&](int ppid, int pid, const std::string& exe,
                        const std::vector<std::string>& argv) {
    const std::string stamp =
        syscall("59", "success=yes exit=0 a0=55d0 a1=55d1 a2=55d2 a3=8", ppid, pid, exe);
    text += "type=EXECVE msg=" + stamp + ": argc=" + std::to_string(argv.size());
    for (std::size_t i = 0; i < argv.size(); ++i) {
      text += " a" + std::to_string(i) + "=\"" + argv[i] + "\"";
    }
    text += "\ntype=CWD msg=" + stamp + ": cwd=\"/srv/jobs\"\n";
  };
  const auto clone = [&](int ppid, int pid, int child, const std::string& exe) {
    syscall("56", "success=yes exit=" + std::to_string(child) + " a0=1200011 a1=0 a2=0 a3=7f01",
            ppid, pid, exe);
  };
  constexpr int kScripts = 12;
  constexpr int kTransfers = 90;
  const std::string bash = "/usr/bin/bash";
  int parent = 311;
  exec(1, parent, "/usr/sbin/cron", {"/usr/sbin/cron", "-f"});
  for (int i = 0; i < kScripts; ++i) {
    clone(i == 0 ? 1 : parent - 1, parent, 420 + i, i == 0 ? "/usr/sbin/cron" : bash);
    exec(parent, 420 + i, bash,
         {"bash", "/srv/jobs/step" + std::to_string(i) + ".sh", "--nightly"});
    parent = 420 + i;
  }
  for (int i = 0; i < kTransfers; ++i) {
    const int scp = 440 + 2 * i;
    const int ssh = scp + 1;
    clone(parent - 1, parent, scp, bash);
    exec(parent, scp, "/usr/bin/scp",
         {"scp", "-q", "-o", "BatchMode=yes", "/srv/out/part" + std::to_string(i % 30) + ".tar",
          "drop@203.0.113." + std::to_string(i % 9 + 1) + ":in/"});
    clone(parent, scp, ssh, "/usr/bin/scp");
    exec(scp, ssh, "/usr/bin/ssh",
         {"/usr/bin/ssh", "-x", "-oPermitLocalCommand=no", "-oBatchMode=yes", "-l", "drop", "--",
          "203.0.113." + std::to_string(i % 9 + 1), "scp", "-t", "in/"});
    syscall("41", "success=yes exit=3 a0=2 a1=80001 a2=6 a3=0", scp, ssh, "/usr/bin/ssh");
    const std::string stamp =
        syscall("42", "success=yes exit=0 a0=3 a1=7ffe a2=10 a3=0", scp, ssh, "/usr/bin/ssh");
    text += "type=SOCKADDR msg=" + stamp + ": saddr=02000016CB00710" + std::to_string(i % 9 + 1) +
            "0000000000000000\n";
    syscall("1", "success=yes exit=300000 a0=3 a1=7ffe a2=493e0 a3=0", scp, ssh, "/usr/bin/ssh");
    syscall("3", "success=yes exit=0 a0=3 a1=0 a2=0 a3=0", scp, ssh, "/usr/bin/ssh");
    for (const auto& [above, pid, exe] :
         {std::tuple(scp, ssh, "/usr/bin/ssh"), std::tuple(parent, scp, "/usr/bin/scp")}) {
      syscall("231", "a0=0 a1=0 a2=0 a3=0", above, pid, exe);
    }
  }
  return text;
}

std::string synthetic(const std::string& shape) {
  if (shape == "dense") {
    return dense();
  }
  // One cron job that does one thing many times; pids 420 and up move on with every copy.
  std::string text;
  std::uint64_t serial = 1;
  const auto syscall = [&](const std::string& call, const std::string& args, int ppid, int pid,
                           const char* exe) {
    const std::string stamp = "audit(1796173000." + std::to_string(100 + serial % 900) + ":" +
                              std::to_string(serial) + ")";
    text += "type=SYSCALL msg=" + stamp + ": arch=c000003e syscall=" + call + " " + args +
            " items=0 ppid=" + std::to_string(ppid) + " pid=" + std::to_string(pid) +
            " auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=3 "
            "comm=\"job\" exe=\"" +
            exe + "\" subj=unconfined key=\"all\"\n";
    return stamp;
  };
  for (int i = 0; i < 2000; ++i) {
    if (shape == "forks") {
      syscall("56", "success=yes exit=" + std::to_string(420 + i) + " a0=1200011 a1=0 a2=0 a3=7f01",
              311, 312, "/usr/bin/bash");
      ++serial;
      const std::string stamp = syscall("59", "success=yes exit=0 a0=55d0 a1=55d1 a2=55d2 a3=8",
                                        312, 420 + i, "/usr/bin/true");
      text += "type=EXECVE msg=" + stamp + ": argc=2 a0=\"true\" a1=\"x\"\n";
    } else if (shape == "commands") {
      const std::string stamp = syscall("59", "success=yes exit=0 a0=55d0 a1=55d1 a2=55d2 a3=8",
                                        312, 420 + i, "/usr/bin/scp");
      text += "type=EXECVE msg=" + stamp + ": argc=3 a0=\"scp\" a1=\"/srv/data/" + kCopy + "-" +
              std::to_string(i) + "-" + std::string(200, 'x') + "\" a2=\"drop@203.0.113.9:up/\"\n";
    } else if (shape == "writes") {
      syscall("1",
              "success=yes exit=4096 a0=" + std::to_string(3 + i % 5) + " a1=7ffe a2=1000 a3=0",
              311, 312, "/usr/bin/dd");
    } else {
      const int pid = 420 + i;
      syscall("41", "success=yes exit=3 a0=2 a1=80001 a2=6 a3=0", 312, pid, "/usr/bin/curl");
      ++serial;
      const std::string stamp =
          syscall("42", "success=no exit=-115 a0=3 a1=7ffe a2=10 a3=0", 312, pid, "/usr/bin/curl");
      text += "type=SOCKADDR msg=" + stamp + ": saddr=02000050C633640" + std::to_string(i % 9 + 1) +
              "0000000000000000\n";
      ++serial;
      syscall("44", "success=yes exit=300 a0=3 a1=7ffe a2=12c a3=0", 312, pid, "/usr/bin/curl");
      ++serial;
      syscall("3", "success=yes exit=0 a0=3 a1=0 a2=0 a3=0", 312, pid, "/usr/bin/curl");
    }
    ++serial;
  }
  return text;
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  static_cast<void>(error);
  out.append(digits, static_cast<std::size_t>(end - digits));
}

Settings read_settings(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&]() -> const char* {
      if (i + 1 >= argc) {
        std::fprintf(stderr, "make_log: %s wants a value\n", argv[i]);
        std::exit(2);
      }
      return argv[++i];
    };
    if (name == "--size") {
      settings.size = std::strtoull(value(), nullptr, 10);
    } else if (name == "--template") {
      settings.source = value();
    } else if (name == "--rate") {
      settings.rate = std::strtod(value(), nullptr);
    } else if (name == "--pids") {
      settings.pids = static_cast<std::uint32_t>(std::strtoul(value(), nullptr, 10));
    } else if (name == "--hosts") {
      settings.hosts = static_cast<unsigned>(std::strtoul(value(), nullptr, 10));
    } else if (name == "--raw") {
      settings.raw = true;
    } else if (name == "--shape") {
      settings.shape = value();
    } else {
      std::fprintf(stderr, "make_log: unknown option %s\n", argv[i]);
      std::exit(2);
    }
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = read_settings(argc, argv);
  std::string text;
  if (settings.shape == "copy") {
    std::ifstream file(settings.source, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
  } else {
    text = synthetic(settings.shape);
  }
  std::vector<Line> lines;
  std::int64_t first = INT64_MAX;
  std::int64_t last = 0;
  std::uint64_t max_serial = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (line.substr(0, 11) == "type=DAEMON" || line.find("SYSTEM_") != std::string_view::npos) {
      continue;  // no boots within the copies
    }
    if (const std::size_t tail = line.find('\x1d');
        settings.raw && tail != std::string_view::npos) {
      line = line.substr(0, tail);
    }
    lines.push_back(cut_line(line));
    for (const Piece& piece : lines.back().pieces) {
      if (piece.kind == Piece::Kind::stamp) {
        first = std::min(first, piece.time_ms);
        last = std::max(last, piece.time_ms);
        max_serial = std::max(max_serial, piece.serial);
      }
    }
  }
  if (lines.empty()) {
    std::fprintf(stderr, "make_log: no lines to copy (--template FILE)\n");
    return 2;
  }
  const double events = static_cast<double>(max_serial);
  const double span = static_cast<double>(last - first + 1);
  const double squeeze = settings.rate > 0 ? (events / settings.rate * 1000.0) / span : 1.0;
  const auto step = static_cast<std::int64_t>(span * squeeze) + 1;
  std::string out;
  std::uint64_t written = 0;
  std::string node;
  for (std::uint64_t copy = 0; written < settings.size; ++copy) {
    const std::uint64_t turn = settings.hosts > 0 ? copy / settings.hosts : copy;
    if (settings.hosts > 0) {
      node = "node=host" + std::to_string(copy % settings.hosts) + ".example.org ";
    }
    // Pids go round in their space, half a thousand a copy, as a host's counter does.
    const std::uint64_t shift = turn * 500 % (settings.pids > 400 ? settings.pids - 400 : 1);
    for (const Line& line : lines) {
      out += node;
      for (const Piece& piece : line.pieces) {
        if (piece.kind == Piece::Kind::text) {
          out += piece.text;
        } else if (piece.kind == Piece::Kind::copy) {
          append_number(out, copy);
        } else if (piece.kind == Piece::Kind::pid) {
          append_number(out, kFirstJob + (piece.pid - kFirstJob + shift) %
                                             std::max<std::uint64_t>(settings.pids, 400));
        } else {
          const std::int64_t time =
              first +
              static_cast<std::int64_t>(static_cast<double>(piece.time_ms - first) * squeeze) +
              static_cast<std::int64_t>(turn) * step;
          append_number(out, static_cast<std::uint64_t>(time / 1000));
          const auto ms = static_cast<unsigned>(time % 1000);
          out.push_back('.');
          out.push_back(static_cast<char>('0' + ms / 100));
          out.push_back(static_cast<char>('0' + ms / 10 % 10));
          out.push_back(static_cast<char>('0' + ms % 10));
          out.push_back(':');
          append_number(out, (piece.serial + turn * max_serial) & 0xffffffffU);
        }
      }
      if (out.size() > (std::size_t{1} << 20)) {
        written += out.size();
        std::fwrite(out.data(), 1, out.size(), stdout);
        out.clear();
        if (written >= settings.size) {
          return 0;
        }
      }
    }
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}
