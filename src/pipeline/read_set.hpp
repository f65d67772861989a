#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auexfil/audit/read_log.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/input/logs.hpp"
#include "auexfil/pipeline/pipeline.hpp"

namespace auexfil::pipeline {

/// What reading one set of files gave. Sets are read side by side: each keeps what it has to say
/// until its turn.
struct SetReading {
  struct Message {
    std::string kind;
    std::string text;
  };
  coverage::ReadSummary summary;
  std::vector<Message> messages;
  std::vector<std::uint64_t> taken;  ///< BlockReader::taken()
  std::vector<input::Extent> tails;  ///< BlockReader::tails()
};

struct SetOptions {
  audit::ReadOptions read;  ///< its progress is set by read_set()
  bool describe = false;    ///< each file, see coverage::ReadSummary::Held
  std::size_t block_bytes{};
  std::function<void(std::uint64_t)> progress;  ///< bytes more
};

/// Reads a set and accounts for it.
[[nodiscard]] SetReading read_set(const input::LogSet& set, const SetOptions& options,
                                  const audit::Assembler::Sink& sink);

/// Notes a problem in the summary and tells it. An empty log is not an incomplete one.
void add_problem(const input::Problem& problem, SetReading& reading);

/// Adds what one set told to the whole, and says it.
void add_up(SetReading&& reading, coverage::ReadSummary& whole, Observer& observer);

}  // namespace auexfil::pipeline
