// Makes facts, as `auexfil transfers` writes them, by the million: the same transfers again and
// again, with ids, hosts, times and pids moved on, so that every copy is one more of a fleet's.
//
//   make_facts --template FILE [--count N] [--hosts N] > FACTS
//
// FILE: what `auexfil transfers` wrote of some log.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Settings {
  std::uint64_t count = 1'000'000;
  std::uint64_t hosts = 1000;
  std::string source;
};

/// A line, cut where something is to be moved on; what is behind the text of a piece.
struct Piece {
  enum class Kind : std::uint8_t { none, id, host, time, pid } kind = Kind::none;
  std::string text;  // before it
  std::int64_t value = 0;
  std::string rest;  // of a time: ".113Z"
};

constexpr std::int64_t kStep = 7 * 60;   // seconds between two copies on one host
constexpr std::int64_t kFirstJob = 420;  // pids of daemons stay, those of jobs come and go
constexpr std::int64_t kPids = 30'000;   // that come and go

bool is_time(std::string_view text) {
  constexpr std::string_view kShape = "\"0000-00-00T00:00:00.";
  if (text.size() < kShape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != kShape[i]) {
      return false;
    }
  }
  return true;
}

std::int64_t seconds_of(const std::string& text) {
  std::tm tm{};
  strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
  return timegm(&tm);
}

std::vector<Piece> cut(std::string_view line) {
  std::vector<Piece> pieces(1);
  const auto next = [&pieces] { pieces.emplace_back(); };
  while (!line.empty()) {
    Piece& piece = pieces.back();
    const auto skip = [&](std::size_t size) {
      piece.text += line.substr(0, size);
      line.remove_prefix(size);
    };
    const auto starts = [&](std::string_view what) { return line.starts_with(what); };
    if (starts("\"id\":\"")) {
      skip(6);
      piece.kind = Piece::Kind::id;
      line.remove_prefix(16);
      next();
    } else if (starts("\"host\":")) {
      skip(7);
      piece.kind = Piece::Kind::host;
      line.remove_prefix(line.find(",\"node\""));
      next();
    } else if (is_time(line)) {
      skip(1);
      piece.kind = Piece::Kind::time;
      piece.value = seconds_of(std::string(line.substr(0, 19)));
      const auto end = line.find('"');
      piece.rest = line.substr(19, end - 19);
      line.remove_prefix(end);
      next();
    } else if (starts("pid\":") || starts("(pid ")) {
      skip(5);
      const auto [rest, error] =
          std::from_chars(line.data(), line.data() + line.size(), piece.value);
      if (error == std::errc{}) {
        piece.kind = Piece::Kind::pid;
        line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
        next();
      }
    } else {
      skip(1);
    }
  }
  return pieces;
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 31)) * 0x7fb5d329728ea185ULL;
  x = (x ^ (x >> 27)) * 0x81dadef4bc2dd44dULL;
  return x ^ (x >> 33);
}

void append(std::string& out, const std::vector<Piece>& pieces, std::uint64_t number,
            std::uint64_t hosts) {
  char text[64];
  for (const Piece& piece : pieces) {
    out += piece.text;
    const auto put = [&](auto... values) {
      out.append(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, values...)));
    };
    switch (piece.kind) {
      case Piece::Kind::none:
        break;
      case Piece::Kind::id:
        put("%016llx", static_cast<unsigned long long>(mix(number + 1)));
        break;
      case Piece::Kind::host:
        put("\"host-%04llu\"", static_cast<unsigned long long>(number % hosts));
        break;
      case Piece::Kind::time: {
        const auto copy = static_cast<std::int64_t>(number / hosts);
        const std::time_t when = piece.value + copy * kStep;
        std::tm tm{};
        gmtime_r(&when, &tm);
        out.append(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm));
        out += piece.rest;
        break;
      }
      case Piece::Kind::pid: {
        const std::int64_t pid =
            piece.value < kFirstJob
                ? piece.value
                : kFirstJob + (piece.value + static_cast<std::int64_t>(number) * 17) % kPids;
        put("%lld", static_cast<long long>(pid));
        break;
      }
    }
  }
  out += '\n';
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--count") {
      settings.count = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (name == "--hosts") {
      settings.hosts = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (name == "--template") {
      settings.source = argv[i + 1];
    } else {
      std::fprintf(stderr, "make_facts: unknown option %s\n", argv[i]);
      return 2;
    }
  }
  std::vector<std::vector<Piece>> templates;
  std::ifstream file(settings.source);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("{\"type\":\"transfer\"")) {
      templates.push_back(cut(line));
    }
  }
  if (templates.empty() || settings.hosts == 0) {
    std::fprintf(stderr, "make_facts: no facts in the template, or no hosts\n");
    return 2;
  }
  std::string out;
  for (std::uint64_t i = 0; i < settings.count; ++i) {
    append(out, templates[i % templates.size()], i, settings.hosts);
    if (out.size() > (std::size_t{1} << 20) || i + 1 == settings.count) {
      std::fwrite(out.data(), 1, out.size(), stdout);
      out.clear();
    }
  }
  std::puts(R"({"type":"coverage","schema":1,"host":"host-0000","node":null,"verdict":"adequate",)"
            R"("reasons":[],"first":"2026-12-02T00:00:00.000Z","last":"2026-12-09T00:00:00.000Z",)"
            R"("execs":true,"connects":true,"bytes":true,"descriptors":true,"gaps":[]})");
  std::puts(R"({"type":"summary","schema":1,"complete":true,"inputs":[],"events":0,"records":0,)"
            R"("bytes_read":0,"malformed":{},"bounds":{}})");
  return 0;
}
