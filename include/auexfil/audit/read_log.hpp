#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "auexfil/audit/assembler.hpp"
#include "auexfil/input/logs.hpp"

namespace auexfil::audit {

struct ReadOptions {
  Assembler::Options assembler;
  Detail detail = Detail::all;
  unsigned threads = 1;  ///< 1: read, parse and follow on the calling thread
  /// What Assembler::pause() wrote where a run before this one ended; null: it is the first. What
  /// read_log() throws of it is input::StateRefused.
  input::StateReader* before = nullptr;
  std::function<void()> resumed;  ///< called when the assembler has read its part of it
  /// Called once all is read, while events may still be open: for Assembler::pause(). May be empty.
  std::function<void(Assembler&)> pause;
  /// Called now and then with the bytes consumed on disk; may be empty.
  std::function<void(std::uint64_t)> progress;
};

/// Of this run.
struct ReadResult {
  std::uint64_t events{};
  std::uint64_t records{};
  std::vector<FileCount> files;  ///< by index
  MalformedLines malformed;
  std::map<std::string, std::uint64_t> bounds;
};

/// Reads a whole set, oldest file first, and hands its events to `sink` on the calling thread. What
/// the sink sees does not depend on `threads` or on the reader's block size.
ReadResult read_log(input::BlockReader& reader, const ReadOptions& options,
                    const Assembler::Sink& sink);

}  // namespace auexfil::audit
