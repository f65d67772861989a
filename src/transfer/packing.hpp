#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "auexfil/input/state_io.hpp"
#include "auexfil/transfer/invocation.hpp"

namespace auexfil::transfer {

/// How large what an invocation refers to may be.
struct PackLimits {
  std::size_t texts = SIZE_MAX;      ///< of the store
  std::size_t symbols = SIZE_MAX;    ///< of the host
  std::size_t ancestors = SIZE_MAX;  ///< of the store
};

/// Both ways through one description, so that they cannot differ. Stamps, lines and times are told
/// as steps from those before them, so that invocations of one job look alike and compress well.
/// \tparam Io  see input/state_io.hpp. \tparam Tools  with number_of() and by_number().
template <typename Io, typename Tools>
class Packing {
 public:
  Packing(Io& io, const Tools& tools, PackLimits limits = {})
      : io_(io), tools_(tools), limits_(limits) {}

  void invocation(Invocation& it) {
    place(it.began);
    tool(it.tool);
    io_.flags(it.by_argv, it.has_exec, it.argv_cut);
    list(it.connections, [&](Connection& connection) { this->connection(connection); });
    list(it.owner_hosts, [&](TextId& host) { text(host); });
    list(it.peers, [&](Invocation::NamedPeer& peer) {
      text(peer.host);
      io_.enumerator(peer.direction, Direction::unknown);
      io_.number(peer.port);
      io_.flags(peer.by_default);
    });
    sender(it);
  }

  void tool(const Tool*& it) {
    std::uint64_t number = tools_.number_of(it);
    io_.below(number, tools_.size() + 1);
    it = tools_.by_number(number);
  }
  void text(TextId& id) { io_.below(id, limits_.texts); }
  void stamp(audit::Stamp& value) {
    io_.step(value.time, before_.event.time);
    io_.step(value.serial, before_.event.serial);
  }
  void place(host::Place& value) {
    stamp(value.event);
    io_.step(value.file, before_.file);
    io_.step(value.line, before_.line);
  }

  void connection(Connection& it) {
    it.address.walk(io_);
    io_.number(it.port);
    io_.below(it.exe, limits_.symbols);
    io_.number(it.auid);
    io_.number(it.depth);
    io_.enumerator(it.role, host::Role::listening);
    io_.enumerator(it.type, host::SocketType::other);
    io_.number(it.foreign);
    it.SocketFlags::walk(io_);
    io_.flags(it.sent_to, it.unnamed, it.ephemeral, it.begun, it.above_lowest, it.returned);
    io_.numbers(it.bytes_out, it.bytes_in, it.calls_out, it.calls_in, it.messages_out, it.times,
                it.addresses);
    place(it.made);
    place(it.first_write);
    io_.step(it.first, before_.event.time);
    io_.step(it.last, before_.event.time);
    list(it.calls, [&](host::CallSum& sum) {
      io_.below(sum.call, static_cast<std::uint64_t>(audit::Call::count_));
      io_.numbers(sum.calls, sum.bytes);
    });
    io_.numbers(it.descriptor.fd, it.descriptor.pid);
    io_.enumerator(it.by_argv, Direction::unknown);
    io_.numbers(it.named, it.owner_host);
  }

  /// With what only an open invocation knows of it.
  void open_connection(Connection& it) {
    connection(it);
    io_.number(it.owner);
  }

  void program(Invocation::Program& it) {
    io_.number(it.pid);
    text(it.exe);
    text(it.comm);
    text(it.argv);
  }

 private:
  template <typename Part, typename Each>
  void list(std::vector<Part>& parts, const Each& each) {
    io_.list(parts, SIZE_MAX, each);
  }

  /// Who it was, and who started it.
  void sender(Invocation& it) {
    io_.enumerator(it.automation, Verdict::unknown);
    io_.flags(it.scripted);
    list(it.reasons, [&](Invocation::Reason& reason) {
      text(reason.sign);
      text(reason.text);
      io_.optional(reason.event, [&](audit::Stamp& event) { stamp(event); });
    });
    io_.optional(it.job, [&](Invocation::Job& job) {
      text(job.kind);
      text(job.what);
    });
    io_.id(it.auid);
    io_.id(it.uid);
    io_.id(it.ses);
    io_.number(it.login.pid);
    io_.step(it.login.start, before_.event.time);
    io_.flags(it.login.is_seen);
    program(it.process);
    io_.number(it.ppid);
    text(it.cwd);
    text(it.script);
    std::uint64_t lineage = it.lineage;
    io_.below(lineage, limits_.ancestors == SIZE_MAX ? SIZE_MAX : limits_.ancestors + 1);
    it.lineage = static_cast<std::uint32_t>(lineage);
    list(it.notes, [&](TextId& note) { text(note); });
    files(it);
  }

  void files(Invocation& it) {
    list(it.files, [&](Invocation::File& file) {
      text(file.path);
      io_.numbers(file.bytes, file.reads);
      place(file.opened);
    });
    io_.numbers(it.files_count, it.files_own, it.files_unnamed);
    list(it.named, [&](TextId& path) { text(path); });
    list(it.feeders, [&](Invocation::Feeder& feeder) {
      text(feeder.who);
      text(feeder.verb);
      stamp(feeder.began);
    });
  }

  Io& io_;
  const Tools& tools_;
  PackLimits limits_;
  host::Place before_;
};

}  // namespace auexfil::transfer
