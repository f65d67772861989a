#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "auexfil/host/model.hpp"
#include "auexfil/host/pid_table.hpp"

namespace auexfil::host {

/// One process, from its fork or first call to its end. What it holds elsewhere (its program, its
/// descriptors) is let go by who removes it.
struct Process {
  std::uint32_t pid{};
  std::uint32_t ppid{};
  ProcessIndex parent;  ///< valid while its generation is
  std::uint32_t parent_generation{};
  std::uint32_t generation{};
  ProgramIndex image;
  FilesIndex files;
  std::uint32_t auid = kUnset;
  std::uint32_t uid = kUnset;
  std::uint32_t ses = kUnset;
  Symbol tty{};
  SocketIndex latest;           ///< that it connected or accepted last, if still its own
  std::uint32_t pidfd_child{};  ///< of its last clone(CLONE_PIDFD), whose number is in no record
  audit::TimeMs received{};     ///< when it last heard something over what is no inet socket
  ProcessIndex next_fatherless;
  ProcessIndex previous_fatherless;
  audit::TimeMs seen_first{};
  bool awaits_clone{};  ///< seen before its clone record
  bool fatherless{};    ///< is in a list of those that named a parent that has not been seen
  bool in_use{};
  bool orphaned{};  ///< it, or an ancestor on the same terminal, outlived its parent
  bool recent{};    ///< has spoken since the last look for one to forget

  /// Without its places in lists.
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes) {
    io.numbers(pid, ppid, parent_generation, generation);
    io.index(parent, sizes.processes);
    io.flags(in_use, awaits_clone, recent, orphaned);
    io.id(auid);
    io.id(uid);
    io.id(ses);
    io.below(tty, sizes.symbols);
    io.index(image, sizes.programs);
    io.index(files, sizes.files);
    io.index(latest, sizes.sockets);
    io.number(pidfd_child);
    io.times(received, seen_first);
    io.refuse_unless(in_use == (image != kNone) && in_use == (files != kNone));
  }
};

/// The processes of one boot of a host. Bounded: of more than `max_processes` those that have been
/// silent longest are given up.
class ProcessTable {
 public:
  /// \param max_pid  larger numbers are nobody's.
  ProcessTable(std::size_t max_processes, std::size_t max_pid)
      : max_(max_processes), max_pid_(max_pid) {}

  [[nodiscard]] Process& operator[](ProcessIndex index) { return processes_[index.number()]; }
  [[nodiscard]] const Process& operator[](ProcessIndex index) const {
    return processes_[index.number()];
  }
  /// With those that are gone.
  [[nodiscard]] const std::vector<Process>& all() const { return processes_; }

  [[nodiscard]] bool may_be_pid(std::uint64_t pid) const { return pid <= max_pid_; }
  /// The process that speaks under that number, or none.
  [[nodiscard]] ProcessIndex by_pid(std::uint32_t pid) const { return by_pid_[pid]; }
  /// One that a clone record announced and that has not spoken yet, or none.
  [[nodiscard]] ProcessIndex pending(std::uint32_t pid) const { return pending_[pid]; }
  /// Either of them, or none.
  [[nodiscard]] ProcessIndex find(std::uint32_t pid) const {
    return by_pid_[pid] != kNone ? by_pid_[pid] : pending_[pid];
  }
  /// The process whose thread has that number, or none.
  [[nodiscard]] ProcessIndex by_thread(std::uint32_t tid) const;

  /// Is there no room for one more? Then find_silent() has to go first.
  [[nodiscard]] bool is_full() const { return free_.empty() && processes_.size() >= max_; }
  /// The one to give up; none if there is none but `keep`.
  [[nodiscard]] ProcessIndex find_silent(ProcessIndex keep);
  /// References to others end here.
  [[nodiscard]] ProcessIndex make(std::uint32_t pid, std::uint32_t ppid);
  void remove(ProcessIndex index);
  /// The process speaks under its number from now on.
  void speak(ProcessIndex index);
  /// It is announced under its number.
  void announce(ProcessIndex index) { pending_.set((*this)[index].pid, index); }
  void note_thread(std::uint32_t tid, std::uint32_t pid);
  void forget_thread(std::uint32_t tid) { threads_.erase(tid); }

  /// A process whose parent has not been seen.
  void note_fatherless(ProcessIndex index);
  void forget_fatherless(ProcessIndex index);
  /// The latest process that named that parent; the others follow by `next_fatherless`.
  [[nodiscard]] ProcessIndex fatherless(std::uint32_t ppid) const { return fatherless_[ppid]; }

  /// The host went down: numbers begin again. All processes are gone already.
  void forget_numbers();
  /// Whether what a process holds elsewhere is there is for who has that.
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes);
  /// Takes no more than there are now or `at_least`.
  void stop_growing(std::size_t at_least) {
    max_ = std::min(max_, std::max(at_least, processes_.size()));
  }

 private:
  template <typename Io>
  void walk_numbers(Io& io);
  template <typename Io>
  void walk_fatherless(Io& io);
  template <typename Io>
  void walk_threads(Io& io);

  std::size_t max_;
  std::size_t max_pid_;
  std::vector<Process> processes_;
  std::vector<ProcessIndex> free_;
  PidTable<ProcessIndex> by_pid_;
  PidTable<ProcessIndex> pending_;
  PidTable<ProcessIndex> fatherless_;                         // by the parent that they named
  std::unordered_map<std::uint32_t, std::uint32_t> threads_;  // tid -> pid, where pid= is a tid
  ProcessIndex next_victim_{0};  // where the look for one to give up goes on
};

}  // namespace auexfil::host
