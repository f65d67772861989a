#include "auexfil/host/tracker.hpp"
#include "auexfil/input/state_io.hpp"

/// A tracker whose log goes on another time. Holds are not written down but counted again, so that
/// they are right whatever a state says.
namespace auexfil::host {
namespace {

constexpr std::size_t kMostPrograms = std::size_t{1} << 21;

}  // namespace

template <typename Io>
void Tracker::walk(Io& io) {
  symbols_.walk(io);
  StateSizes sizes{symbols_.size(), images_.all().size(), processes_.all().size(),
                   sockets_.all().size(), descriptors_.size()};
  io.numbers(sizes.programs, sizes.processes, sizes.sockets, sizes.files);
  io.refuse_unless(sizes.programs <= kMostPrograms);
  images_.walk(io, sizes);
  processes_.walk(io, sizes);
  sockets_.walk(io, sizes, options_.max_peers);
  descriptors_.walk(io, sizes);
  sessions_.walk(io, sizes);
  tally_.walk(io, sizes.symbols, options_.max_users);
  opened_.walk(io, sizes);
  io.list(passed_, kMaxPassed, [&](Passed& passed) { passed.walk(io, sizes); });
  io.numbers(boot_, bad_sockaddrs_, bad_execves_, refused_pids_, forgotten_processes_,
             refused_users_);
  io.flags(forks_seen_, unlinks_seen_, big_endian_);
}

void Tracker::pause(input::StateWriter& state) {
  sweep_symbols(Names::keep);
  walk(state);
}

void Tracker::resume(input::StateReader& state) {
  walk(state);
  count_holds();
}

/// Who holds what, as the tables that were read say.
void Tracker::count_holds() {
  const std::vector<bool> programs = images_.start_count();
  const auto hold_program = [&](ProgramIndex index) {
    input::StateReader::refuse_unless(programs[index.number()]);
    images_.hold(index);
  };
  for (std::size_t i = 0; i < sockets_.all().size(); ++i) {
    Socket& socket = sockets_[SocketIndex(i)];
    for (const ProgramIndex index : {socket.owner, socket.listener_owner, socket.taker}) {
      if (index != kNone) {
        hold_program(index);
      }
    }
    index_peers(socket);
  }
  const std::vector<bool> files = descriptors_.start_count(sockets_);
  for (const Process& process : processes_.all()) {
    if (process.in_use) {
      input::StateReader::refuse_unless(files[process.files.number()]);
      descriptors_.use(process.files);
      hold_program(process.image);
    }
  }
  for (const Passed& passed : passed_) {
    sockets_.hold(passed.socket);
  }
  for (const Socket& socket : sockets_.all()) {
    input::StateReader::refuse_unless(socket.in_use || socket.refs == 0);
  }
}

bool Tracker::pin_again(ProgramIndex index) {
  // Of those that were free when the state was written nothing was read.
  if (index == kNone || index.number() >= images() || images_[index].number == 0) {
    return false;
  }
  pin(index);
  return true;
}

}  // namespace auexfil::host
