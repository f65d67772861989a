#include <algorithm>

#include "auexfil/input/state_io.hpp"
#include "auexfil/transfer/transfer_builder.hpp"
#include "packing.hpp"
#include "state_tools.hpp"

/// A builder whose log goes on another time. What the command lines said is in the invocations
/// that are open already; what was remembered of programs is asked again.
namespace auexfil::transfer {
namespace {

constexpr std::size_t kLongest = std::size_t{1} << 20;  // text: no line has more

}  // namespace

template <typename Io>
void BytesByProgram::walk(Io& io) {
  std::vector<std::pair<std::string, std::uint64_t>> all(by_program_.begin(), by_program_.end());
  io.list(all, kMaxPrograms + 1, [&](auto& one) {
    io.text(one.first, kLongest);
    io.number(one.second);
  });
  io.number(total_);
  if constexpr (Io::kReads) {
    by_program_.insert(all.begin(), all.end());
  }
}

template <typename Io>
void UnattributedBytes::walk(Io& io) {
  surely.walk(io);
  for (BytesByProgram& files : maybe_files) {
    files.walk(io);
  }
}

template void UnattributedBytes::walk(input::StateWriter&);
template void UnattributedBytes::walk(input::StateReader&);

/// A program that is held for as long as it is needed here.
template <typename Io>
void TransferBuilder::walk_pinned(Io& io, host::ProgramIndex& image) {
  io.index(image, tracker_->images());
  if constexpr (Io::kReads) {
    io.refuse_unless(tracker_->pin_again(image));
  }
}

template <typename Io>
void TransferBuilder::walk_open(Io& io, const StateTools& tools) {
  std::vector<host::ProgramIndex> images;
  for (const auto& [image, run] : open_) {
    images.push_back(image);
  }
  std::sort(images.begin(), images.end());
  Packing packing(io, tools, {store_.texts(), tracker_->symbols().size(), 0});
  const auto connection = [&](Connection& one) { packing.open_connection(one); };
  io.list(images, options_.max_runs, [&](host::ProgramIndex& image) {
    walk_pinned(io, image);
    io.refuse_unless(!Io::kReads || !open_.contains(image));
    OpenInvocation& run = open_[image];
    run.image = image;
    packing.tool(run.tool);
    io.list(run.connections, options_.max_connections, connection);
    io.list(run.owner_hosts, SIZE_MAX, [&](std::string& host) { io.text(host, kLongest); });
    run.rests.walk(io, connection);
    io.list(run.notes, kMaxNotes, [&](std::string& note) { io.text(note, kLongest); });
    io.flags(run.left, run.serves_people, run.serves_machines);
    if constexpr (Io::kReads) {
      index_connections(run);
      connections_ += run.connections.size();
    }
  });
  rests_.walk(io, connection);
  packing.place(rests_began_);
}

/// Commands of sudo's and tools of which the command line may be all there is.
template <typename Io>
void TransferBuilder::walk_programs(Io& io, const StateTools& tools) {
  Packing packing(io, tools);
  io.list(commands_.all(), SudoCommands::kMost, [&](SudoCommands::Command& command) {
    walk_pinned(io, command.image);
    packing.tool(command.tool);
    io.list(command.words, SIZE_MAX, [&](std::string& word) { io.text(word, kLongest); });
    io.numbers(command.subject.auid, command.subject.ses);
    io.times(command.subject.time);
  });
  io.list(tool_images_, options_.max_tool_images, [&](ToolImage& one) {
    walk_pinned(io, one.image);
    packing.tool(one.tool);
  });
  if constexpr (Io::kReads) {
    // The rules may have fewer tools than they had.
    const auto has_none = [&](const auto& one) {
      if (one.tool == nullptr) {
        tracker_->unpin(one.image);
      }
      return one.tool == nullptr;
    };
    std::erase_if(commands_.all(), has_none);
    std::erase_if(tool_images_, has_none);
  }
}

/// Symbols that connections ask for later.
template <typename Io>
void TransferBuilder::walk_kept(Io& io) {
  const std::size_t symbols = tracker_->symbols().size();
  std::vector<host::Symbol> kept;
  for (std::size_t exe = 0; exe < kept_exes_.size(); ++exe) {
    if (kept_exes_[exe]) {
      kept.push_back(static_cast<host::Symbol>(exe));
    }
  }
  io.list(kept, symbols, [&](host::Symbol& exe) { io.below(exe, symbols); });
  if constexpr (Io::kReads) {
    kept_exes_.resize(symbols);
    for (const host::Symbol exe : kept) {
      kept_exes_[exe] = true;
    }
  }
}

/// What people asked daemons for, by the brokers' names: the rules may be others now.
template <typename Io>
void TransferBuilder::walk_brokers(Io& io) {
  const std::vector<host::Signs::Broker>& rules = finder_.programs().signs().brokers;
  std::vector<std::string> names;
  if constexpr (!Io::kReads) {
    for (const host::Signs::Broker& broker : rules) {
      names.push_back(broker.name);
    }
  }
  io.list(names, SIZE_MAX, [&](std::string& name) { io.text(name, kLongest); });
  host::Brokers& brokers = finder_.programs().brokers();
  brokers.walk(io, names.size());
  if constexpr (Io::kReads) {
    std::vector<std::uint32_t> places;
    for (const std::string& name : names) {
      const auto same = std::find_if(rules.begin(), rules.end(),
                                     [&](const auto& broker) { return broker.name == name; });
      places.push_back(same == rules.end() ? host::kNone
                                           : static_cast<std::uint32_t>(same - rules.begin()));
    }
    brokers.renumber(places);
  }
}

template <typename Io>
void TransferBuilder::walk(Io& io) {
  StateTools tools;
  tools.walk(io, tools_);
  store_.walk(io, tools, tracker_->symbols().size());
  walk_open(io, tools);
  walk_programs(io, tools);
  control_sockets_.walk(io, tracker_->images());
  walk_kept(io);
  walk_brokers(io);
  files_.walk(io);
  io.numbers(next_close_, summed_connections_, summed_runs_, refused_tools_);
  unattributed_.walk(io);
}

void TransferBuilder::pause(input::StateWriter& state) {
  walk(state);
}

void TransferBuilder::resume(input::StateReader& state) {
  walk(state);
}

}  // namespace auexfil::transfer
