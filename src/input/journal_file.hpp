#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "journal_export.hpp"

namespace auexfil::input {

/// What journald itself writes (*.journal), by its first bytes.
[[nodiscard]] bool is_journal_file(std::string_view head);

/// The entries of such a file, the oldest first, of those that were asked for.
class JournalFile {
 public:
  /// \param fd  of a regular file that has a name on this machine: libsystemd refuses all others,
  ///            copies in memory too. -1: it is none. Stays the caller's, who keeps it open.
  /// \param matches  "NAME=VALUE": entries of which any holds.
  JournalFile(int fd, std::span<const std::string_view> matches);
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  /// Hands on an entry, its number as its line. \return false at the end, or where it is damaged.
  [[nodiscard]] bool next(JournalFields& to);

  /// It was not even opened: nothing is known of what is in it.
  [[nodiscard]] bool is_refused() const { return is_refused_; }
  /// What is wrong with it; empty: nothing.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  struct Reader;
  std::unique_ptr<Reader> reader_;
  std::uint64_t number_ = 0;
  std::uint64_t most_ = 0;  ///< entries that a file of its size may hold
  bool is_refused_ = false;
  std::string fault_;
};

}  // namespace auexfil::input
