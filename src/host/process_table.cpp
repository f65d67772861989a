#include "auexfil/host/process_table.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "auexfil/input/state_io.hpp"

namespace auexfil::host {
namespace {

/// They matter where a kernel before 4.9 logs the thread's id as pid. Past it all are forgotten:
/// most have ended, and of one that goes on a process is made.
constexpr std::size_t kMaxThreads = 65536;

}  // namespace

ProcessIndex ProcessTable::by_thread(std::uint32_t tid) const {
  const auto thread = threads_.find(tid);
  return thread == threads_.end() ? kNone : by_pid_[thread->second];
}

void ProcessTable::note_thread(std::uint32_t tid, std::uint32_t pid) {
  if (threads_.size() >= kMaxThreads) {
    threads_.clear();
  }
  threads_[tid] = pid;
}

/// A hand goes round and takes the first that has not spoken since it passed.
ProcessIndex ProcessTable::find_silent(ProcessIndex keep) {
  for (std::size_t steps = 0; steps < 2 * processes_.size(); ++steps) {
    const std::size_t next = std::size_t{next_victim_.number()} + 1;
    next_victim_ = ProcessIndex(next < processes_.size() ? next : 0);
    Process& process = (*this)[next_victim_];
    if (!process.in_use || next_victim_ == keep) {
      continue;
    }
    if (!process.recent) {
      return next_victim_;
    }
    process.recent = false;
  }
  return kNone;
}

ProcessIndex ProcessTable::make(std::uint32_t pid, std::uint32_t ppid) {
  ProcessIndex index;
  if (free_.empty()) {
    index = ProcessIndex(processes_.size());
    processes_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Process& process = (*this)[index];
  assert(!process.in_use && process.image == kNone && process.files == kNone);
  const std::uint32_t generation = process.generation + 1;
  process = Process{};
  process.generation = generation;
  process.pid = pid;
  process.ppid = ppid;
  process.in_use = true;
  process.parent = by_pid_[ppid];
  if (process.parent != kNone) {
    process.parent_generation = (*this)[process.parent].generation;
  }
  return index;
}

void ProcessTable::remove(ProcessIndex index) {
  forget_fatherless(index);
  Process& process = (*this)[index];
  assert(process.in_use);
  if (by_pid_[process.pid] == index) {
    by_pid_.set(process.pid, kNone);
  }
  if (pending_[process.pid] == index) {
    pending_.set(process.pid, kNone);
  }
  process.in_use = false;
  process.image = kNone;
  process.files = kNone;
  free_.push_back(index);
}

void ProcessTable::speak(ProcessIndex index) {
  const std::uint32_t pid = (*this)[index].pid;
  if (pending_[pid] == index) {
    pending_.set(pid, kNone);
  }
  by_pid_.set(pid, index);
}

/// Init's number needs no waiting for: what it takes in was started by another.
void ProcessTable::note_fatherless(ProcessIndex index) {
  Process& process = (*this)[index];
  if (process.ppid <= 1 || !may_be_pid(process.ppid)) {
    return;
  }
  process.fatherless = true;
  process.next_fatherless = fatherless_[process.ppid];
  if (process.next_fatherless != kNone) {
    (*this)[process.next_fatherless].previous_fatherless = index;
  }
  fatherless_.set(process.ppid, index);
}

void ProcessTable::forget_fatherless(ProcessIndex index) {
  Process& process = (*this)[index];
  if (!process.fatherless) {
    return;
  }
  process.fatherless = false;
  if (process.next_fatherless != kNone) {
    (*this)[process.next_fatherless].previous_fatherless = process.previous_fatherless;
  }
  if (process.previous_fatherless != kNone) {
    (*this)[process.previous_fatherless].next_fatherless = process.next_fatherless;
  } else {
    fatherless_.set(process.ppid, process.next_fatherless);
  }
  process.next_fatherless = process.previous_fatherless = kNone;
}

void ProcessTable::forget_numbers() {
  by_pid_.clear();
  pending_.clear();
  fatherless_.clear();
  threads_.clear();
}

/// Which process speaks under its number, and which is announced under it.
template <typename Io>
void ProcessTable::walk_numbers(Io& io) {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    const ProcessIndex index(i);
    const Process& process = processes_[i];
    if (!process.in_use) {
      continue;
    }
    bool speaks = by_pid_[process.pid] == index;
    bool is_announced = pending_[process.pid] == index;
    io.flags(speaks, is_announced);
    if constexpr (Io::kReads) {
      io.refuse_unless(may_be_pid(process.pid));
      io.refuse_unless(!speaks || by_pid_[process.pid] == kNone);
      io.refuse_unless(!is_announced || pending_[process.pid] == kNone);
      if (speaks) {
        by_pid_.set(process.pid, index);
      }
      if (is_announced) {
        pending_.set(process.pid, index);
      }
    }
  }
}

/// Lists of those that named one parent, each from its latest on.
template <typename Io>
void ProcessTable::walk_fatherless(Io& io) {
  std::vector<ProcessIndex> latest;
  if constexpr (!Io::kReads) {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (processes_[i].fatherless && processes_[i].previous_fatherless == kNone) {
        latest.emplace_back(i);
      }
    }
  }
  io.list(latest, processes_.size(), [&](ProcessIndex& first) {
    std::vector<ProcessIndex> all;
    if constexpr (!Io::kReads) {
      for (ProcessIndex at = first; at != kNone; at = (*this)[at].next_fatherless) {
        all.push_back(at);
      }
    }
    io.list(all, processes_.size(),
            [&](ProcessIndex& index) { io.index(index, processes_.size()); });
    if constexpr (Io::kReads) {
      for (auto index = all.rbegin(); index != all.rend(); ++index) {
        io.refuse_unless(*index != kNone);
        const Process& process = (*this)[*index];
        io.refuse_unless(process.in_use && !process.fatherless && process.ppid > 1 &&
                         may_be_pid(process.ppid) && process.ppid == (*this)[all.front()].ppid);
        note_fatherless(*index);
      }
    }
  });
}

template <typename Io>
void ProcessTable::walk_threads(Io& io) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> threads(threads_.begin(), threads_.end());
  std::sort(threads.begin(), threads.end());
  io.list(threads, kMaxThreads, [&](auto& thread) { io.numbers(thread.first, thread.second); });
  if constexpr (Io::kReads) {
    threads_.insert(threads.begin(), threads.end());
  }
}

template <typename Io>
void ProcessTable::walk(Io& io, const StateSizes& sizes) {
  io.list(processes_, std::min(max_, sizes.processes),
          [&](Process& process) { process.walk(io, sizes); });
  io.refuse_unless(processes_.size() == sizes.processes);
  io.free_list(free_, processes_.size(), [&](std::size_t i) { return !processes_[i].in_use; });
  walk_numbers(io);
  walk_fatherless(io);
  walk_threads(io);
  io.index(next_victim_, std::max<std::size_t>(processes_.size(), 1));
  io.refuse_unless(next_victim_ != kNone);
}

template void ProcessTable::walk(input::StateWriter&, const StateSizes&);
template void ProcessTable::walk(input::StateReader&, const StateSizes&);

}  // namespace auexfil::host
