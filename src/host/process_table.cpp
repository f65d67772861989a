#include "auexfil/host/process_table.hpp"

#include <cassert>

namespace auexfil::host {
namespace {

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

}  // namespace auexfil::host
