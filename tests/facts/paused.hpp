#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "../transfer/rules.hpp"
#include "auexfil/coverage/assess.hpp"
#include "auexfil/facts/fact_json.hpp"
#include "auexfil/facts/make_facts.hpp"
#include "auexfil/host/tracker.hpp"
#include "auexfil/input/logs.hpp"
#include "auexfil/input/state_io.hpp"
#include "auexfil/transfer/transfer_builder.hpp"
#include "taking.hpp"

/// Logs that are read in several runs, with nothing but a state between them.
namespace auexfil::test {

/// Whole lines of one file.
struct Piece {
  std::string bytes;
  std::uint32_t file{};
  bool starts_file{};
};

/// All rooms that keep state, following the log of one or more hosts.
class Follower {
 public:
  struct Options {
    host::Tracker::Options tracker{};
    transfer::TransferBuilder::Options builder{};
    audit::Assembler::Options assembler{};
    audit::TimeMs forgets_before = 0;  ///< as it is resumed; 0: nothing
  };

  explicit Follower(Options options)
      : options_(options),
        assembler_(options.assembler, [this](const audit::Event& event) { take(event); }, {}) {}

  void read(const Piece& piece) {
    auto parsed = std::make_unique<audit::ParsedBlock>();
    parsed->block = std::make_unique<input::Block>();
    parsed->block->buffer.assign(piece.bytes.begin(), piece.bytes.end());
    parsed->block->bytes = {parsed->block->buffer.data(), parsed->block->buffer.size()};
    parsed->block->file = piece.file;
    parsed->block->starts_file = piece.starts_file;
    audit::parse_block(*parsed, audit::Detail::followed);
    assembler_.add(std::move(parsed));
  }

  [[nodiscard]] std::string pause() {
    std::string bytes;
    input::StateWriter state(bytes);
    assembler_.pause(state);
    std::size_t count = state.size(hosts_.size(), SIZE_MAX);
    for (auto& [node, host] : hosts_) {
      std::string name = node;
      state.text(name, SIZE_MAX);
      host.tracker->pause(state);
      host.builder->pause(state);
      --count;
    }
    REQUIRE(count == 0);
    state.flush();
    return input::seal_state(bytes);
  }

  void resume(std::string sealed) {
    state_ = std::move(sealed);
    input::StateReader state(input::open_state(state_));
    assembler_.resume(state);
    const std::size_t count = state.size(0, 4096);
    for (std::size_t i = 0; i < count; ++i) {
      std::string node;
      state.text(node, SIZE_MAX);
      Host& host = make(node);
      host.tracker->resume(state);
      host.builder->resume(state);
      if (options_.forgets_before > 0) {
        host.builder->forget_before(options_.forgets_before);
      }
    }
    input::StateReader::refuse_unless(state.is_at_end());
  }

  /// All that is told of the log: facts, one a line, and what coverage and bounds say.
  [[nodiscard]] std::string finish() {
    assembler_.finish();
    std::string told;
    for (auto& [node, host] : hosts_) {
      host.tracker->finish();
      host.builder->close();
      const coverage::AuditVisibility visibility = coverage::visibility_of(host.tracker->tally());
      facts::HostName name;
      name.file_name = [](std::uint32_t file) { return "file " + std::to_string(file); };
      Taking taking([&](const facts::Fact& fact) { facts::append_json(told, fact); });
      facts::make_facts(*host.builder, name, visibility, nullptr, taking);
      const coverage::HostCoverage seen = coverage::assess(host.tracker->tally(), visibility);
      told += node + " " + coverage::to_word(seen.verdict) + "\n";
      for (const std::string& reason : seen.reasons) {
        told += reason + "\n";
      }
      for (const auto& job : coverage::jobs_of(host.tracker->tally().activities, rules().signs)) {
        told += job.name + " " + std::to_string(job.starts) + "\n";
      }
      for (const auto& bounds : {host.tracker->bounds(), host.builder->bounds()}) {
        for (const auto& [bound, times] : bounds) {
          told += bound + " " + std::to_string(times) + "\n";
        }
      }
      for (const transfer::BytesByProgram* sent :
           {&host.builder->unattributed(), &host.builder->unaddressed()}) {
        for (const auto& [program, bytes] : sent->programs()) {
          told += program + " " + std::to_string(bytes) + "\n";
        }
      }
      told += std::to_string(host.tracker->bad_sockaddrs()) + " " +
              std::to_string(host.tracker->bad_execves()) + "\n";
    }
    told += std::to_string(assembler_.events()) + " " + std::to_string(assembler_.records()) + "\n";
    for (std::size_t i = 0; i < static_cast<std::size_t>(audit::Malformed::count_); ++i) {
      const audit::MalformedLines::Count& malformed =
          assembler_.malformed().of(static_cast<audit::Malformed>(i));
      told += std::to_string(malformed.lines) + ":" + std::to_string(malformed.first_line) + " ";
    }
    return told;
  }

 private:
  struct Host {
    std::unique_ptr<transfer::TransferBuilder> builder;
    std::unique_ptr<host::Tracker> tracker;
  };

  Host& make(const std::string& node) {
    Host& host = hosts_[node];
    host.builder =
        std::make_unique<transfer::TransferBuilder>(rules().tools, rules().signs, options_.builder);
    host.tracker = std::make_unique<host::Tracker>(options_.tracker, *host.builder);
    host.builder->attach(*host.tracker);
    return host;
  }
  void take(const audit::Event& event) {
    const std::string node(event.node);
    Host& host = hosts_.contains(node) ? hosts_[node] : make(node);
    host.tracker->take(event);
  }

  Options options_;
  std::string state_;  // in which lies what was open
  std::map<std::string, Host> hosts_;
  audit::Assembler assembler_;
};

/// The log, a piece a file.
inline std::vector<Piece> pieces_of(const input::LogSet& set) {
  std::vector<Piece> pieces;
  input::BlockReader reader(set, {});
  while (const input::BlockPtr block = reader.next()) {
    pieces.push_back({std::string(block->bytes), block->file, block->starts_file});
  }
  return pieces;
}

inline std::string told_in_one_run(const std::vector<Piece>& pieces,
                                   const Follower::Options& options) {
  Follower follower(options);
  for (const Piece& piece : pieces) {
    follower.read(piece);
  }
  return follower.finish();
}

/// \param cuts  bytes of the whole log before which it is paused, ascending, each behind a line.
/// \param states  gets what was kept at each of them.
inline std::string told_in_runs(const std::vector<Piece>& pieces,
                                const std::vector<std::size_t>& cuts,
                                const Follower::Options& options,
                                std::vector<std::string>* states = nullptr) {
  auto follower = std::make_unique<Follower>(options);
  auto cut = cuts.begin();
  std::size_t base = 0;
  for (const Piece& piece : pieces) {
    std::size_t done = 0;
    for (; cut != cuts.end() && *cut < base + piece.bytes.size(); ++cut) {
      const std::size_t to = *cut - base;
      if (to > done) {
        follower->read(
            {piece.bytes.substr(done, to - done), piece.file, piece.starts_file && done == 0});
        done = to;
      }
      const std::string state = follower->pause();
      follower = std::make_unique<Follower>(options);
      follower->resume(state);
      if (states != nullptr) {
        states->push_back(state);
      }
    }
    follower->read({piece.bytes.substr(done), piece.file, piece.starts_file && done == 0});
    base += piece.bytes.size();
  }
  return follower->finish();
}

/// "1796173321.113:512" of the line that begins there.
inline std::string_view stamp_at(std::string_view log, std::size_t line) {
  const std::string_view text = log.substr(line, log.find('\n', line) - line);
  const std::size_t from = std::min(text.find("audit("), text.size());
  return text.substr(from, text.find(')', from) - from);
}

/// Places where a log may be cut: `some` of its line ends, far apart, and for each of them the next
/// that parts two records of one event.
inline std::vector<std::size_t> cuts_of(const std::vector<Piece>& pieces, std::size_t some) {
  std::string log;
  for (const Piece& piece : pieces) {
    log += piece.bytes;
  }
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i <= some; ++i) {
    std::size_t at = log.find('\n', log.size() * i / (some + 1));
    if (at == std::string::npos || at + 1 >= log.size()) {
      break;
    }
    cuts.push_back(++at);
    for (std::size_t next = at; next < log.size();) {
      const std::size_t end = log.find('\n', next);
      if (end == std::string::npos || end + 1 >= log.size()) {
        break;
      }
      if (!stamp_at(log, next).empty() && stamp_at(log, next) == stamp_at(log, end + 1)) {
        cuts.push_back(end + 1);
        break;
      }
      next = end + 1;
    }
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

}  // namespace auexfil::test
