#include "auexfil/audit/read_log.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "auexfil/input/ordered_queue.hpp"

namespace auexfil::audit {
namespace {

using BlockPtr = std::unique_ptr<ParsedBlock>;
/// Blocks that have been followed, to be filled again.
using SpareBlocks = input::Spares<BlockPtr>;

/// Fills a block with the next lines. \return false at the end.
bool take_block(input::BlockReader& reader, SpareBlocks& spare, BlockPtr& parsed) {
  parsed = spare.take([] { return std::make_unique<ParsedBlock>(); });
  if (parsed->block != nullptr) {
    reader.recycle(std::move(parsed->block));
  }
  parsed->clear();
  parsed->block = reader.next();
  return parsed->block != nullptr;
}

}  // namespace

ReadResult read_log(input::BlockReader& reader, const ReadOptions& options,
                    const Assembler::Sink& sink) {
  SpareBlocks spare;
  Assembler assembler(options.assembler, sink,
                      [&](BlockPtr block) { spare.give(std::move(block)); });
  const auto resume = [&] {
    if (options.before != nullptr) {
      assembler.resume(*options.before);
      assembler.forget_counts();
      options.resumed();
    }
  };
  const auto follow = [&](BlockPtr parsed) {
    assembler.add(std::move(parsed));
    if (options.progress) {
      options.progress(reader.bytes_consumed());
    }
  };
  const auto take = [&](BlockPtr& parsed) { return take_block(reader, spare, parsed); };
  const auto parse = [&](BlockPtr& parsed) { parse_block(*parsed, options.detail); };
  if (options.threads <= 1) {
    resume();
    BlockPtr parsed;
    while (take(parsed)) {
      parse(parsed);
      follow(std::move(parsed));
    }
  } else {
    constexpr unsigned kMost = 64;
    const unsigned threads = std::min(options.threads, kMost);
    input::OrderedQueue<BlockPtr> blocks({threads - 1, std::size_t{threads} * 3 + 1, true}, take,
                                         [&] { return parse; });
    resume();  // while the first blocks are read
    while (std::optional<BlockPtr> parsed = blocks.next()) {
      follow(std::move(*parsed));
    }
  }
  ReadResult result;
  if (options.pause) {
    options.pause(assembler);
    // Of events that are held back the run that delivers them tells.
    result.malformed = assembler.malformed();
  }
  assembler.finish();
  result.events = assembler.events();
  result.records = assembler.records();
  result.files = assembler.files();
  if (!options.pause) {
    result.malformed = assembler.malformed();
  }
  result.bounds = assembler.bounds();
  return result;
}

}  // namespace auexfil::audit
