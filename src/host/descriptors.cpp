#include "auexfil/host/descriptors.hpp"

#include <algorithm>
#include <cassert>

#include "auexfil/input/state_io.hpp"

namespace auexfil::host {
namespace {

constexpr auto by_fd = [](const auto& entry, std::uint32_t fd) { return entry.fd < fd; };

/// Would exec change this entry?
std::uint32_t changes_at_exec(const Descriptor& descriptor) {
  return descriptor.close_on_exec || (descriptor.flag_unseen && !descriptor.doubtful) ? 1U : 0U;
}

}  // namespace

DescriptorTables::TableIndex DescriptorTables::new_table() {
  if (!free_tables_.empty()) {
    const TableIndex index = free_tables_.back();
    free_tables_.pop_back();
    Table& table = tables_[index.number()];
    assert(table.refs == 0 && table.entries.empty());
    table.refs = 1;
    return index;
  }
  tables_.emplace_back();
  tables_.back().refs = 1;
  return TableIndex(tables_.size() - 1);
}

FilesIndex DescriptorTables::new_files(TableIndex table) {
  if (!free_files_.empty()) {
    const FilesIndex index = free_files_.back();
    free_files_.pop_back();
    assert(files_[index.number()].users == 0);
    files_[index.number()] = {1, table};
    return index;
  }
  files_.push_back({1, table});
  return FilesIndex(files_.size() - 1);
}

FilesIndex DescriptorTables::make() {
  return new_files(new_table());
}

FilesIndex DescriptorTables::share(FilesIndex files) {
  ++files_[files.number()].users;
  return files;
}

FilesIndex DescriptorTables::fork(FilesIndex files) {
  const TableIndex table = files_[files.number()].table;
  ++tables_[table.number()].refs;
  return new_files(table);
}

void DescriptorTables::release_table(SocketTable& sockets, TableIndex index) {
  Table& table = tables_[index.number()];
  assert(table.refs > 0);
  if (--table.refs > 0) {
    return;
  }
  assert(total_ >= table.entries.size());
  total_ -= table.entries.size();
  table.close_on_exec = 0;
  for (const Entry& entry : table.entries) {
    if (entry.descriptor.kind == Descriptor::Kind::socket) {
      sockets.drop(entry.descriptor.socket());
    }
  }
  table.entries.clear();  // its memory serves again
  free_tables_.push_back(index);
}

void DescriptorTables::leave(SocketTable& sockets, FilesIndex files) {
  assert(files_[files.number()].users > 0);
  if (--files_[files.number()].users == 0) {
    release_table(sockets, files_[files.number()].table);
    free_files_.push_back(files);
  }
}

FilesIndex DescriptorTables::unshare(FilesIndex files) {
  if (files_[files.number()].users == 1) {
    return files;
  }
  const FilesIndex copy = fork(files);
  --files_[files.number()].users;
  return copy;
}

DescriptorTables::Table& DescriptorTables::own(SocketTable& sockets, FilesIndex files) {
  const TableIndex before = files_[files.number()].table;
  if (tables_[before.number()].refs == 1) {
    return tables_[before.number()];
  }
  const TableIndex index = new_table();
  Table& shared = tables_[before.number()];
  Table& own = tables_[index.number()];
  if (total_ + shared.entries.size() <= max_total_) {
    own.entries = shared.entries;
    own.close_on_exec = shared.close_on_exec;
    total_ += own.entries.size();
  } else {
    ++refused_;  // it goes on with no number known
  }
  for (const Entry& entry : own.entries) {
    if (entry.descriptor.kind == Descriptor::Kind::socket) {
      sockets.hold(entry.descriptor.socket());
    }
  }
  assert(shared.refs > 1);
  --shared.refs;
  files_[files.number()].table = index;
  return own;
}

Descriptor DescriptorTables::get(FilesIndex files, std::uint32_t fd) const {
  const std::vector<Entry>& entries = table_of(files).entries;
  // Most processes hold a handful: the number is near its index.
  const auto found = std::lower_bound(entries.begin(), entries.end(), fd, by_fd);
  return found != entries.end() && found->fd == fd ? found->descriptor : Descriptor{};
}

void DescriptorTables::erase(SocketTable& sockets, Table& table, std::size_t index) {
  const Descriptor gone = table.entries[index].descriptor;
  table.close_on_exec -= changes_at_exec(gone);
  table.entries.erase(table.entries.begin() + static_cast<std::ptrdiff_t>(index));
  --total_;
  if (gone.kind == Descriptor::Kind::socket) {
    sockets.drop(gone.socket());
  }
}

void DescriptorTables::set(SocketTable& sockets, FilesIndex files, std::uint32_t fd,
                           Descriptor descriptor) {
  Table& table = own(sockets, files);
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
    sockets.hold(descriptor.socket());
  }
  if (before.kind == Descriptor::Kind::socket) {
    sockets.drop(before.socket());
  }
}

void DescriptorTables::close(SocketTable& sockets, FilesIndex files, std::uint32_t fd) {
  if (get(files, fd).kind == Descriptor::Kind::unknown) {
    return;
  }
  Table& table = own(sockets, files);
  const auto found = std::lower_bound(table.entries.begin(), table.entries.end(), fd, by_fd);
  if (found != table.entries.end() && found->fd == fd) {
    erase(sockets, table, static_cast<std::size_t>(found - table.entries.begin()));
  }
}

void DescriptorTables::keep_first(Table& table, std::size_t keep) {
  total_ -= table.entries.size() - keep;
  table.entries.resize(keep);
}

void DescriptorTables::close_range(SocketTable& sockets, FilesIndex files, std::uint32_t first,
                                   std::uint32_t last, bool only_mark) {
  const std::vector<Entry>& seen = table_of(files).entries;
  const auto hit = std::lower_bound(seen.begin(), seen.end(), first, by_fd);
  if (hit == seen.end() || hit->fd > last) {
    return;
  }
  Table& table = own(sockets, files);
  std::size_t keep = 0;
  for (Entry& entry : table.entries) {
    const bool inside = entry.fd >= first && entry.fd <= last;
    if (inside && only_mark) {
      table.close_on_exec += 1U - changes_at_exec(entry.descriptor);
      entry.descriptor.close_on_exec = true;
    }
    if (inside && !only_mark) {
      table.close_on_exec -= changes_at_exec(entry.descriptor);
      if (entry.descriptor.kind == Descriptor::Kind::socket) {
        sockets.drop(entry.descriptor.socket());
      }
      continue;
    }
    table.entries[keep++] = entry;
  }
  keep_first(table, keep);
}

void DescriptorTables::set_close_on_exec(SocketTable& sockets, FilesIndex files, std::uint32_t fd,
                                         bool on) {
  const Descriptor before = get(files, fd);
  if (before.kind == Descriptor::Kind::unknown ||
      (before.close_on_exec == on && !before.flag_unseen)) {
    return;
  }
  Table& table = own(sockets, files);
  auto found = std::lower_bound(table.entries.begin(), table.entries.end(), fd, by_fd);
  if (found == table.entries.end() || found->fd != fd) {
    return;  // a bound was hit
  }
  found->descriptor.close_on_exec = on;
  found->descriptor.flag_unseen = false;
  table.close_on_exec += changes_at_exec(found->descriptor);
  table.close_on_exec -= changes_at_exec(before);
}

void DescriptorTables::doubt(SocketTable& sockets, FilesIndex files) {
  const std::vector<Entry>& seen = table_of(files).entries;
  const auto is_sure = [](const Entry& entry) {
    return entry.descriptor.kind == Descriptor::Kind::socket && !entry.descriptor.doubtful;
  };
  if (std::none_of(seen.begin(), seen.end(), is_sure)) {
    return;
  }
  Table& table = own(sockets, files);
  table.close_on_exec = 0;
  for (Entry& entry : table.entries) {
    entry.descriptor.doubtful =
        entry.descriptor.doubtful || entry.descriptor.kind == Descriptor::Kind::socket;
    table.close_on_exec += changes_at_exec(entry.descriptor);
  }
}

void DescriptorTables::exec(SocketTable& sockets, FilesIndex files) {
  if (table_of(files).close_on_exec == 0) {
    return;
  }
  Table& table = own(sockets, files);
  std::size_t keep = 0;
  for (Entry entry : table.entries) {
    if (!entry.descriptor.close_on_exec) {
      entry.descriptor.doubtful = entry.descriptor.doubtful || entry.descriptor.flag_unseen;
      table.entries[keep++] = entry;
    } else if (entry.descriptor.kind == Descriptor::Kind::socket) {
      sockets.drop(entry.descriptor.socket());
    }
  }
  keep_first(table, keep);
  table.close_on_exec = 0;
}

template <typename Io>
void DescriptorTables::walk_table(Io& io, const StateSizes& sizes, Table& table) {
  bool is_used = table.refs > 0;
  io.flags(is_used);
  if (is_used) {
    io.list(table.entries, max_, [&](Entry& entry) {
      io.number(entry.fd);
      entry.descriptor.walk(io, sizes);
    });
  }
  if constexpr (Io::kReads) {
    table.refs = is_used ? 1 : 0;
    for (std::size_t i = 0; i < table.entries.size(); ++i) {
      io.refuse_unless(i == 0 || table.entries[i - 1].fd < table.entries[i].fd);
      table.close_on_exec += changes_at_exec(table.entries[i].descriptor);
    }
    total_ += table.entries.size();
    io.refuse_unless(total_ <= max_total_);
  }
}

template <typename Io>
void DescriptorTables::walk(Io& io, const StateSizes& sizes) {
  constexpr std::size_t kMostTables = std::size_t{1} << 20;  // of a state: four a process
  io.list(tables_, kMostTables, [&](Table& table) { walk_table(io, sizes, table); });
  io.free_list(free_tables_, tables_.size(), [&](std::size_t i) { return tables_[i].refs == 0; });
  io.list(files_, std::min(kMostTables, sizes.files), [&](Files& files) {
    bool is_used = files.users > 0;
    io.flags(is_used);
    if (is_used) {
      io.index(files.table, tables_.size());
      io.refuse_unless(files.table != kNone && tables_[files.table.number()].refs > 0);
    }
    if constexpr (Io::kReads) {
      files.users = is_used ? 1 : 0;
    }
  });
  io.refuse_unless(files_.size() == sizes.files);
  io.free_list(free_files_, files_.size(), [&](std::size_t i) { return files_[i].users == 0; });
  io.number(refused_);
}

template void DescriptorTables::walk(input::StateWriter&, const StateSizes&);
template void DescriptorTables::walk(input::StateReader&, const StateSizes&);

std::vector<bool> DescriptorTables::start_count(SocketTable& sockets) {
  for (Table& table : tables_) {
    table.refs = 0;
    for (const Entry& entry : table.entries) {
      if (entry.descriptor.kind == Descriptor::Kind::socket) {
        sockets.hold(entry.descriptor.socket());
      }
    }
  }
  std::vector<bool> is_there;
  for (Files& files : files_) {
    is_there.push_back(files.users > 0);
    if (files.users > 0) {
      ++tables_[files.table.number()].refs;
    }
    files.users = 0;
  }
  return is_there;
}

}  // namespace auexfil::host
