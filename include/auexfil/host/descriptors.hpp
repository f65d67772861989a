#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "auexfil/host/socket_table.hpp"

namespace auexfil::host {

/// What a descriptor number stands for.
struct Descriptor {
  enum class Kind : std::uint8_t {
    unknown,   ///< nothing is known of this number
    other,     ///< known to be no inet socket: file, pipe, unix socket; `object` is its number in
               ///< OpenedFiles, or 0
    kernel,    ///< a socket to which the kernel alone answers (netlink): no descriptors come by it
    pair,      ///< one end of a socketpair: no inet socket either
    pidfd,     ///< `object` is the pid that pidfd_open(2) was asked for
    standard,  ///< a copy of standard input, output or error, the number `object`, of which nothing
               ///< is known
    socket     ///< `object` is the number of a SocketIndex
  };
  std::uint32_t object{};
  Kind kind = Kind::unknown;
  bool close_on_exec{};
  bool flag_unseen{};  ///< how it was made is not in the log, nor whether exec closes it
  bool doubtful{};     ///< may have been closed unseen: kept over an exec or a fork on a guess

  /// Of Kind::socket.
  [[nodiscard]] SocketIndex socket() const { return SocketIndex(object); }
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes) {
    io.enumerator(kind, Kind::socket);
    io.number(object);
    io.flags(close_on_exec, flag_unseen, doubtful);
    io.refuse_unless(kind != Kind::unknown && (kind != Kind::socket || object < sizes.sockets));
  }

  [[nodiscard]] bool is_unknown() const { return kind == Kind::unknown || kind == Kind::standard; }
};

/// Tables of descriptors, shared copy-on-write: a fork costs nothing until one side changes. Each
/// holds the sockets that are in it. Bounded: numbers past that are not known.
class DescriptorTables {
 public:
  /// \param max_descriptors of one table. \param max_total of all tables that differ.
  DescriptorTables(std::size_t max_descriptors, std::size_t max_total)
      : max_(max_descriptors), max_total_(max_total) {}

  /// \return a new, empty table, with one user.
  [[nodiscard]] FilesIndex make();
  /// One more user of the same table, for CLONE_FILES.
  FilesIndex share(FilesIndex files);
  /// A copy as of now, for fork.
  [[nodiscard]] FilesIndex fork(FilesIndex files);
  /// Marks every socket of a table doubtful.
  void doubt(SocketTable& sockets, FilesIndex files);
  /// Ends one use.
  void leave(SocketTable& sockets, FilesIndex files);
  /// If others use the same table, a copy of one's own (exec, unshare).
  [[nodiscard]] FilesIndex unshare(FilesIndex files);

  [[nodiscard]] Descriptor get(FilesIndex files, std::uint32_t fd) const;
  void set(SocketTable& sockets, FilesIndex files, std::uint32_t fd, Descriptor descriptor);
  void close(SocketTable& sockets, FilesIndex files, std::uint32_t fd);
  void close_range(SocketTable& sockets, FilesIndex files, std::uint32_t first, std::uint32_t last,
                   bool only_mark);
  void set_close_on_exec(SocketTable& sockets, FilesIndex files, std::uint32_t fd, bool on);
  /// What exec does: close-on-exec descriptors go. Those that may be such become doubtful.
  void exec(SocketTable& sockets, FilesIndex files);

  /// Calls `visit(fd, descriptor)` for each known descriptor.
  template <typename Visit>
  void for_each(FilesIndex files, Visit visit) const {
    for (const Entry& entry : table_of(files).entries) {
      visit(entry.fd, entry.descriptor);
    }
  }

  /// How many FilesIndex there are, with those that nobody uses.
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  /// Without users: who uses one says so after start_count(), by use(). Without the holds of
  /// sockets.
  template <typename Io>
  void walk(Io& io, const StateSizes& sizes);
  /// \return by number, which there are. Takes hold of the sockets in them.
  [[nodiscard]] std::vector<bool> start_count(SocketTable& sockets);
  void use(FilesIndex files) { ++files_[files.number()].users; }

  /// Takes no more than there are now or `at_least`, in all tables together.
  void stop_growing(std::size_t at_least) {
    max_total_ = std::min(max_total_, std::max(total_, at_least));
  }

  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  using TableIndex = Index<struct OfTables>;
  struct Entry {
    std::uint32_t fd{};
    Descriptor descriptor;
  };
  struct Table {
    std::uint32_t refs{};
    std::uint32_t close_on_exec{};  // entries that exec changes
    std::vector<Entry> entries;     // by fd
  };
  struct Files {
    std::uint32_t users{};
    TableIndex table;
  };

  template <typename Io>
  void walk_table(Io& io, const StateSizes& sizes, Table& table);

  Table& own(SocketTable& sockets, FilesIndex files);
  void release_table(SocketTable& sockets, TableIndex index);
  TableIndex new_table();
  FilesIndex new_files(TableIndex table);
  [[nodiscard]] const Table& table_of(FilesIndex files) const {
    return tables_[files_[files.number()].table.number()];
  }
  void erase(SocketTable& sockets, Table& table, std::size_t index);
  void keep_first(Table& table, std::size_t keep);

  std::size_t max_;
  std::size_t max_total_;
  std::size_t total_ = 0;
  std::uint64_t refused_ = 0;
  std::vector<Table> tables_;
  std::vector<TableIndex> free_tables_;
  std::vector<Files> files_;
  std::vector<FilesIndex> free_files_;
};

}  // namespace auexfil::host
