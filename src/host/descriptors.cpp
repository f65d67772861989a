#include "auexfil/host/descriptors.hpp"

#include <algorithm>
#include <cassert>

namespace auexfil::host {
namespace {

constexpr auto by_fd = [](const auto& entry, std::uint32_t fd) { return entry.fd < fd; };

/// Would exec change this entry?
std::uint32_t changes_at_exec(const Descriptor& descriptor) {
  return descriptor.close_on_exec || (descriptor.flag_unseen && !descriptor.doubtful) ? 1U : 0U;
}

}  // namespace

std::uint32_t DescriptorTables::new_table() {
  if (!free_tables_.empty()) {
    const std::uint32_t index = free_tables_.back();
    free_tables_.pop_back();
    assert(tables_[index].refs == 0 && tables_[index].entries.empty());
    tables_[index].refs = 1;
    return index;
  }
  tables_.emplace_back();
  tables_.back().refs = 1;
  return static_cast<std::uint32_t>(tables_.size() - 1);
}

std::uint32_t DescriptorTables::new_files(std::uint32_t table) {
  if (!free_files_.empty()) {
    const std::uint32_t index = free_files_.back();
    free_files_.pop_back();
    assert(files_[index].users == 0);
    files_[index] = {1, table};
    return index;
  }
  files_.push_back({1, table});
  return static_cast<std::uint32_t>(files_.size() - 1);
}

std::uint32_t DescriptorTables::make() {
  return new_files(new_table());
}

std::uint32_t DescriptorTables::share(std::uint32_t files) {
  ++files_[files].users;
  return files;
}

std::uint32_t DescriptorTables::fork(std::uint32_t files) {
  const std::uint32_t table = files_[files].table;
  ++tables_[table].refs;
  return new_files(table);
}

void DescriptorTables::release_table(std::uint32_t index) {
  Table& table = tables_[index];
  assert(table.refs > 0);
  if (--table.refs > 0) {
    return;
  }
  // drop() may end a socket, which may not touch tables: entries go one by one.
  std::vector<Entry> entries;
  entries.swap(table.entries);
  assert(total_ >= entries.size());
  total_ -= entries.size();
  table.close_on_exec = 0;
  for (const Entry& entry : entries) {
    if (entry.descriptor.kind == Descriptor::Kind::socket) {
      hold_.drop(entry.descriptor.object);
    }
  }
  entries.clear();
  tables_[index].entries.swap(entries);  // its memory serves again
  free_tables_.push_back(index);
}

void DescriptorTables::leave(std::uint32_t files) {
  assert(files_[files].users > 0);
  if (--files_[files].users == 0) {
    release_table(files_[files].table);
    free_files_.push_back(files);
  }
}

std::uint32_t DescriptorTables::unshare(std::uint32_t files) {
  if (files_[files].users == 1) {
    return files;
  }
  const std::uint32_t copy = fork(files);
  leave(files);
  return copy;
}

DescriptorTables::Table& DescriptorTables::own(std::uint32_t files) {
  const std::uint32_t shared = files_[files].table;
  if (tables_[shared].refs == 1) {
    return tables_[shared];
  }
  const std::uint32_t index = new_table();
  if (total_ + tables_[shared].entries.size() <= max_total_) {
    tables_[index].entries = tables_[shared].entries;
    tables_[index].close_on_exec = tables_[shared].close_on_exec;
    total_ += tables_[index].entries.size();
  } else {
    ++refused_;  // it goes on with no number known
  }
  for (const Entry& entry : tables_[index].entries) {
    if (entry.descriptor.kind == Descriptor::Kind::socket) {
      hold_.hold(entry.descriptor.object);
    }
  }
  assert(tables_[shared].refs > 1);
  --tables_[shared].refs;
  files_[files].table = index;
  return tables_[index];
}

Descriptor DescriptorTables::get(std::uint32_t files, std::uint32_t fd) const {
  const std::vector<Entry>& entries = tables_[files_[files].table].entries;
  // Most processes hold a handful: the number is near its index.
  const auto found = std::lower_bound(entries.begin(), entries.end(), fd, by_fd);
  return found != entries.end() && found->fd == fd ? found->descriptor : Descriptor{};
}

void DescriptorTables::erase(Table& table, std::size_t index) {
  const Descriptor gone = table.entries[index].descriptor;
  table.close_on_exec -= changes_at_exec(gone);
  table.entries.erase(table.entries.begin() + static_cast<std::ptrdiff_t>(index));
  --total_;
  if (gone.kind == Descriptor::Kind::socket) {
    hold_.drop(gone.object);
  }
}

void DescriptorTables::set(std::uint32_t files, std::uint32_t fd, Descriptor descriptor) {
  Table& table = own(files);
  auto found = std::lower_bound(table.entries.begin(), table.entries.end(), fd, by_fd);
  if (found == table.entries.end() || found->fd != fd) {
    if (table.entries.size() >= max_ || total_ >= max_total_) {
      ++refused_;
      return;
    }
    found = table.entries.insert(found, Entry{fd, Descriptor{}});
    ++total_;
  }
  const Descriptor before = found->descriptor;
  found->descriptor = descriptor;
  table.close_on_exec += changes_at_exec(descriptor);
  table.close_on_exec -= changes_at_exec(before);
  if (descriptor.kind == Descriptor::Kind::socket) {
    hold_.hold(descriptor.object);
  }
  if (before.kind == Descriptor::Kind::socket) {
    hold_.drop(before.object);
  }
}

void DescriptorTables::close(std::uint32_t files, std::uint32_t fd) {
  if (get(files, fd).kind == Descriptor::Kind::unknown) {
    return;
  }
  Table& table = own(files);
  const auto found = std::lower_bound(table.entries.begin(), table.entries.end(), fd, by_fd);
  if (found != table.entries.end() && found->fd == fd) {
    erase(table, static_cast<std::size_t>(found - table.entries.begin()));
  }
}

void DescriptorTables::keep_first(Table& table, std::size_t keep) {
  total_ -= table.entries.size() - keep;
  table.entries.resize(keep);
}

void DescriptorTables::close_range(std::uint32_t files, std::uint32_t first, std::uint32_t last,
                                   bool only_mark) {
  const std::vector<Entry>& seen = tables_[files_[files].table].entries;
  const auto hit = std::lower_bound(seen.begin(), seen.end(), first, by_fd);
  if (hit == seen.end() || hit->fd > last) {
    return;
  }
  Table& table = own(files);
  std::size_t keep = 0;
  std::vector<std::uint32_t> dropped;
  for (Entry& entry : table.entries) {
    const bool inside = entry.fd >= first && entry.fd <= last;
    if (inside && only_mark) {
      table.close_on_exec += 1U - changes_at_exec(entry.descriptor);
      entry.descriptor.close_on_exec = true;
    }
    if (inside && !only_mark) {
      table.close_on_exec -= changes_at_exec(entry.descriptor);
      if (entry.descriptor.kind == Descriptor::Kind::socket) {
        dropped.push_back(entry.descriptor.object);
      }
      continue;
    }
    table.entries[keep++] = entry;
  }
  keep_first(table, keep);
  for (const std::uint32_t socket : dropped) {
    hold_.drop(socket);
  }
}

void DescriptorTables::set_close_on_exec(std::uint32_t files, std::uint32_t fd, bool on) {
  const Descriptor before = get(files, fd);
  if (before.kind == Descriptor::Kind::unknown ||
      (before.close_on_exec == on && !before.flag_unseen)) {
    return;
  }
  Table& table = own(files);
  auto found = std::lower_bound(table.entries.begin(), table.entries.end(), fd, by_fd);
  if (found == table.entries.end() || found->fd != fd) {
    return;  // a bound was hit
  }
  found->descriptor.close_on_exec = on;
  found->descriptor.flag_unseen = false;
  table.close_on_exec += changes_at_exec(found->descriptor);
  table.close_on_exec -= changes_at_exec(before);
}

void DescriptorTables::doubt(std::uint32_t files) {
  const std::vector<Entry>& seen = tables_[files_[files].table].entries;
  const auto is_sure = [](const Entry& entry) {
    return entry.descriptor.kind == Descriptor::Kind::socket && !entry.descriptor.doubtful;
  };
  if (std::none_of(seen.begin(), seen.end(), is_sure)) {
    return;
  }
  Table& table = own(files);
  table.close_on_exec = 0;
  for (Entry& entry : table.entries) {
    entry.descriptor.doubtful =
        entry.descriptor.doubtful || entry.descriptor.kind == Descriptor::Kind::socket;
    table.close_on_exec += changes_at_exec(entry.descriptor);
  }
}

void DescriptorTables::exec(std::uint32_t files) {
  if (tables_[files_[files].table].close_on_exec == 0) {
    return;
  }
  Table& table = own(files);
  std::vector<std::uint32_t> dropped;
  std::size_t keep = 0;
  for (Entry entry : table.entries) {
    if (!entry.descriptor.close_on_exec) {
      entry.descriptor.doubtful = entry.descriptor.doubtful || entry.descriptor.flag_unseen;
      table.entries[keep++] = entry;
    } else if (entry.descriptor.kind == Descriptor::Kind::socket) {
      dropped.push_back(entry.descriptor.object);
    }
  }
  keep_first(table, keep);
  table.close_on_exec = 0;
  for (const std::uint32_t socket : dropped) {
    hold_.drop(socket);
  }
}

}  // namespace auexfil::host
