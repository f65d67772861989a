#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace auexfil::host {

/// What a descriptor number stands for.
struct Descriptor {
  enum class Kind : std::uint8_t {
    unknown,   ///< nothing is known of this number
    other,     ///< known to be no inet socket: file, pipe, unix socket
    pair,      ///< one end of a socketpair: no inet socket either
    pidfd,     ///< `object` is the pid that pidfd_open(2) was asked for
    standard,  ///< a copy of standard input, output or error, the number `object`, of which nothing
               ///< is known
    socket     ///< `object` is a socket of the tracker
  };
  std::uint32_t object{};
  Kind kind = Kind::unknown;
  bool close_on_exec{};
  bool flag_unseen{};  ///< how it was made is not in the log, nor whether exec closes it
  bool doubtful{};     ///< may have been closed unseen: kept over an exec or a fork on a guess

  [[nodiscard]] bool is_unknown() const { return kind == Kind::unknown || kind == Kind::standard; }
};

/// A table of descriptors, shared copy-on-write: a fork costs nothing until one side changes.
class DescriptorTables {
 public:
  /// Called when a table starts (+1) or stops (-1) holding a socket.
  struct Hold {
    virtual void hold(std::uint32_t socket) = 0;
    virtual void drop(std::uint32_t socket) = 0;

   protected:
    ~Hold() = default;
  };

  /// \param max_descriptors of one table. \param max_total of all tables that differ.
  DescriptorTables(Hold& hold, std::size_t max_descriptors, std::size_t max_total)
      : hold_(hold), max_(max_descriptors), max_total_(max_total) {}

  /// \return a new, empty table, with one user.
  [[nodiscard]] std::uint32_t make();
  /// One more user of the same table, for CLONE_FILES.
  std::uint32_t share(std::uint32_t files);
  /// A copy as of now, for fork.
  [[nodiscard]] std::uint32_t fork(std::uint32_t files);
  /// Marks every socket of a table doubtful.
  void doubt(std::uint32_t files);
  /// Ends one use.
  void leave(std::uint32_t files);
  /// If others use the same table, a copy of one's own (exec, unshare).
  [[nodiscard]] std::uint32_t unshare(std::uint32_t files);

  [[nodiscard]] Descriptor get(std::uint32_t files, std::uint32_t fd) const;
  void set(std::uint32_t files, std::uint32_t fd, Descriptor descriptor);
  void close(std::uint32_t files, std::uint32_t fd);
  void close_range(std::uint32_t files, std::uint32_t first, std::uint32_t last, bool only_mark);
  void set_close_on_exec(std::uint32_t files, std::uint32_t fd, bool on);
  /// What exec does: close-on-exec descriptors go. Those that may be such become doubtful.
  void exec(std::uint32_t files);

  /// Calls `visit(fd, descriptor)` for each known descriptor.
  template <typename Visit>
  void for_each(std::uint32_t files, Visit visit) const {
    const Table& table = tables_[files_[files].table];
    for (const Entry& entry : table.entries) {
      visit(entry.fd, entry.descriptor);
    }
  }

  /// Takes no more than there are now or `at_least`, in all tables together.
  void stop_growing(std::size_t at_least) {
    max_total_ = std::min(max_total_, std::max(total_, at_least));
  }

  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
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
    std::uint32_t table{};
  };

  Table& own(std::uint32_t files);
  void release_table(std::uint32_t table);
  std::uint32_t new_table();
  std::uint32_t new_files(std::uint32_t table);
  void erase(Table& table, std::size_t index);
  void keep_first(Table& table, std::size_t keep);

  Hold& hold_;
  std::size_t max_;
  std::size_t max_total_;
  std::size_t total_ = 0;
  std::uint64_t refused_ = 0;
  std::vector<Table> tables_;
  std::vector<std::uint32_t> free_tables_;
  std::vector<Files> files_;
  std::vector<std::uint32_t> free_files_;
};

}  // namespace auexfil::host
