#include "auexfil/audit/read_log.hpp"

#include <utility>
#include <vector>

namespace auexfil::audit {

ReadResult read_log(input::BlockReader& reader, const ReadOptions& options,
                    const Assembler::Sink& sink) {
  std::vector<std::unique_ptr<ParsedBlock>> spare;
  Assembler assembler(options.assembler, sink, [&](std::unique_ptr<ParsedBlock> block) {
    reader.recycle(std::move(block->block));
    block->clear();
    spare.push_back(std::move(block));
  });
  while (input::BlockPtr block = reader.next()) {
    std::unique_ptr<ParsedBlock> parsed;
    if (spare.empty()) {
      parsed = std::make_unique<ParsedBlock>();
    } else {
      parsed = std::move(spare.back());
      spare.pop_back();
    }
    parsed->block = std::move(block);
    parse_block(*parsed, options.detail);
    assembler.add(std::move(parsed));
    if (options.progress) {
      options.progress(reader.bytes_consumed());
    }
  }
  assembler.finish();
  ReadResult result;
  result.events = assembler.events();
  result.records = assembler.records();
  result.damage = assembler.damage();
  result.bounds = assembler.bounds();
  return result;
}

}  // namespace auexfil::audit
