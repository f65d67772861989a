#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/facts/fact_reader.hpp"
#include "auexfil/policy/fact_pack.hpp"

namespace auexfil::policy {

/// A run of whole lines of one file; only the last one of a file may lack its newline.
struct FactChunk {
  std::string file;  ///< As shown in mistakes.
  bool starts_file{};
  bool ends_file{};
  int error{};               ///< What ended the file too early: errno.
  std::vector<char> buffer;  ///< Kept when a chunk serves again.
  std::size_t size{};        ///< Of the lines at the buffer's beginning.
};

/// A summary, and what of its chunk stands before it.
struct FactSummary {
  coverage::ReadSummary read;
  facts::SummaryClaim claim;
  std::uint64_t line{};  ///< Of the chunk.
  std::uint64_t facts{};
  std::uint64_t coverages{};
};

/// What a chunk held.
struct FactBatch {
  FactChunk chunk;  ///< Its lines may be gone.
  FactPack facts;
  std::vector<facts::Fact> whole;  ///< In their place, where that is asked for.
  std::vector<coverage::HostCoverage> coverages;
  std::vector<FactSummary> summaries;
  facts::FactCounts counts;
  std::uint64_t lines{};                     ///< Blank ones too.
  std::vector<facts::FactMistake> mistakes;  ///< `line` counts from the beginning of the chunk.
};

struct FactSource {
  /// Fills the next chunk, file after file. Called on any thread, by one at a time. \return false
  /// at the end.
  std::function<bool(FactChunk&)> next;
  /// Which facts to take; called on several threads at once. Empty for all.
  std::function<bool(const facts::Fact&)> wanted;
  bool whole = false;       ///< Facts as they are, with all fields, in place of packs.
  bool with_files = false;  ///< Packs have what transfers read: a rule asks for it.
};

/// Reads facts on `threads` workers, or on the calling thread when that is 1, and hands on what
/// they hold (as facts::FactDetail::judged) on the calling thread, in the order of the chunks.
void read_facts(const FactSource& source, unsigned threads,
                const std::function<void(const FactBatch&)>& sink);

}  // namespace auexfil::policy
