#include "journal_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#ifdef AUEXFIL_WITH_JOURNAL
#include <systemd/sd-journal.h>
#endif

#include <fmt/format.h>

#include "carrier.hpp"

namespace auexfil::input {

bool is_journal_file(std::string_view head) {
  constexpr std::string_view kMagic = "LPKSHHRH";  // systemd's journal-def.h
  return head.starts_with(kMagic);
}

#ifdef AUEXFIL_WITH_JOURNAL

struct JournalFile::Reader {
  sd_journal* journal = nullptr;
  std::vector<std::string> matches;
  std::uint64_t entries = 0;  ///< by its header

  /// libsystemd finds by an index, and takes one that is broken for an empty one.
  /// \return among the first entries is one that it should have found, or fewer can be reached than
  /// the header counts.
  [[nodiscard]] bool has_missed_any() {
    constexpr std::uint64_t kMost = 100'000;
    sd_journal_flush_matches(journal);
    sd_journal_seek_head(journal);
    std::uint64_t seen = 0;
    for (; seen < kMost && sd_journal_next(journal) > 0; ++seen) {
      for (const std::string& match : matches) {
        const void* data = nullptr;
        std::size_t size = 0;
        const std::string name = match.substr(0, match.find('='));
        if (sd_journal_get_data(journal, name.c_str(), &data, &size) >= 0 &&
            std::string_view(static_cast<const char*>(data), size) == match) {
          return true;
        }
      }
    }
    return seen < std::min(kMost, entries);
  }

  Reader() = default;
  ~Reader() { sd_journal_close(journal); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

JournalFile::JournalFile(int fd, std::span<const std::string_view> matches) {
  // A header and an entry with one field; journal-def.h.
  constexpr std::uint64_t kSmallest = 64;
  struct stat found {};
  if (fd < 0 || fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
    is_refused_ = true;
    fault_ =
        "a file of journald in an archive, or compressed; unpack it first, or give the output of "
        "`journalctl --file FILE -o export`";
    return;
  }
  most_ = static_cast<std::uint64_t>(found.st_size) / kSmallest;
  reader_ = std::make_unique<Reader>();
  constexpr off_t kEntries = 152;  // struct Header's n_entries, little endian; journal-def.h
  std::array<unsigned char, 8> entries{};
  if (::pread(fd, entries.data(), entries.size(), kEntries) == 8) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      reader_->entries |= std::uint64_t{entries.at(i)} << (8 * i);
    }
  }
  // Where it opens it, it closes it too: sd-journal.c, sd_journal_open_files_fd ("take
  // possession").
  int given = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  const int error = given < 0 ? -errno : sd_journal_open_files_fd(&reader_->journal, &given, 1, 0);
  if (error < 0) {
    if (given >= 0) {
      ::close(given);
    }
    fault_ = fmt::format("is no journal that libsystemd can read: {}",
                         std::generic_category().message(-error));
    reader_.reset();
    return;
  }
  static_cast<void>(sd_journal_set_data_threshold(reader_->journal, kMostUnitBytes));
  for (const std::string_view match : matches) {
    static_cast<void>(sd_journal_add_match(reader_->journal, match.data(), match.size()));
    static_cast<void>(sd_journal_add_disjunction(reader_->journal));
    reader_->matches.emplace_back(match);
  }
}

bool JournalFile::next(JournalFields& to) {
  if (reader_ == nullptr) {
    return false;
  }
  sd_journal* const journal = reader_->journal;
  const int moved = sd_journal_next(journal);
  if (moved <= 0 || number_ >= most_) {
    fault_ = moved < 0   ? fmt::format("is damaged behind entry {}: {}", number_,
                                       std::generic_category().message(-moved))
             : moved > 0 ? fmt::format("has no end: {} entries were read", number_)
             : number_ == 0 && reader_->has_missed_any()
                 ? "is damaged: entries that are in it cannot be found"
                 : std::string();
    reader_.reset();
    return false;
  }
  std::uint64_t time = 0;
  std::string* const taken = to.field("__REALTIME_TIMESTAMP", number_);
  if (taken != nullptr && sd_journal_get_realtime_usec(journal, &time) >= 0) {
    *taken = std::to_string(time);
  }
  const void* data = nullptr;
  std::size_t size = 0;
  sd_journal_restart_data(journal);
  while (sd_journal_enumerate_available_data(journal, &data, &size) > 0) {
    const std::string_view field(static_cast<const char*>(data), size);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) {
      continue;
    }
    std::string* const value = to.field(field.substr(0, equals), number_);
    if (value != nullptr && value->empty()) {
      *value = field.substr(equals + 1);
    }
  }
  to.end_entry(number_++);
  return true;
}

#else

struct JournalFile::Reader {};

JournalFile::JournalFile(int /*fd*/, std::span<const std::string_view> /*matches*/)
    : is_refused_(true) {
  fault_ =
      "a file of journald, which this build does not read (it was made without libsystemd); give "
      "the output of `journalctl --file FILE -o export`";
}

bool JournalFile::next(JournalFields& /*to*/) {
  return false;
}

#endif

JournalFile::~JournalFile() = default;

}  // namespace auexfil::input
