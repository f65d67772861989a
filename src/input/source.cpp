#include "source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "header_hosts.hpp"
#include "journal_entry.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kPackedBytes = std::size_t{256} << 10;
constexpr std::size_t kMagicBytes = 16;
/// Entries of the journal that records came in: journald's own, and those of the kernel's ring and
/// of audisp-syslog.
constexpr std::array<std::string_view, 6> kMayBeRecords = {"_TRANSPORT=audit",
                                                           "_TRANSPORT=kernel",
                                                           "SYSLOG_IDENTIFIER=audit",
                                                           "SYSLOG_IDENTIFIER=audispd",
                                                           "SYSLOG_IDENTIFIER=audisp-syslog",
                                                           "SYSLOG_IDENTIFIER=kernel"};

}  // namespace

int RawFile::open(const LogFile& file) {
  int error = 0;
  bytes_ =
      file.is_stream ? file.tree->open_stream(file.path, error) : file.tree->open(file.path, error);
  return error;
}

int RawFile::open(const Tree& tree, const std::string& path) {
  int error = 0;
  bytes_ = tree.open(path, error);
  return error;
}

std::string_view RawFile::peek(std::size_t size) {
  std::size_t have = peeked_.size();
  peeked_.resize(std::max(have, size));
  while (have < size) {
    const std::size_t got =
        bytes_ == nullptr ? 0 : bytes_->read(peeked_.data() + have, size - have);
    if (got == 0) {
      break;
    }
    have += got;
  }
  peeked_.resize(have);
  return {peeked_.data(), have};
}

std::size_t RawFile::read(char* to, std::size_t size) {
  std::size_t got = std::min(size, peeked_.size() - peeked_at_);
  if (got > 0) {
    std::memcpy(to, peeked_.data() + peeked_at_, got);
    peeked_at_ += got;
  } else {
    got = bytes_ == nullptr ? 0 : bytes_->read(to, size);
  }
  consumed_ += got;
  place_ += got;
  return got;
}

Problem RawFile::problem() const {
  std::string why = bytes_ == nullptr ? std::string() : bytes_->why();
  return why.empty() ? problem_of_errno(error())
                     : Problem{ProblemKind::damaged, {}, std::move(why)};
}

bool RawFile::seek(std::uint64_t place) {
  if (bytes_ == nullptr || !bytes_->seek(place)) {
    return false;
  }
  peeked_.clear();
  peeked_at_ = 0;
  place_ = place;
  return true;
}

Problem problem_of_errno(int error) {
  if (error == ENOENT || error == ENOTDIR) {
    return {ProblemKind::missing, {}, "no such file"};
  }
  if (error == EACCES || error == EPERM) {
    return {ProblemKind::permission, {}, "may not be read by this user; it was left out"};
  }
  return {ProblemKind::unreadable,
          {},
          fmt::format("cannot be read: {}", std::generic_category().message(error))};
}

Source::Source(const LogFile& file, Taken taken) : names_hosts_(file.names_hosts) {
  look(raw_.open(file), taken);
}

Source::Source(const Tree& tree, const std::string& path, Taken taken) {
  look(raw_.open(tree, path), taken);
}

Source::Source(std::unique_ptr<ByteSource> bytes) {
  raw_.open(std::move(bytes));
  look(0, Taken::out);
}

void Source::look(int error, Taken taken) {
  if (error != 0) {
    problem_ = problem_of_errno(error);
    return;
  }
  coding_ = coding_of(raw_.peek(kMagicBytes));
  decoder_ = make_decoder(coding_);
  std::vector<char> head(kSniffBytes);
  head.resize(read(head.data(), head.size()));
  is_journal_ = is_journal_file({head.data(), head.size()});
  if (is_journal_) {
    head_ = std::move(head);
    if (taken == Taken::out) {
      journal_ = open_journal(kMayBeRecords);
      carrier_name_ = "journal";
      head_at_ = head_.size();
      std::vector<char> entries(kSniffBytes);
      entries.resize(read(entries.data(), entries.size()));
      head_ = std::move(entries);
      head_at_ = 0;
    }
    content_ = content_of({head_.data(), head_.size()});
    return;
  }
  if (taken == Taken::out && content_of({head.data(), head.size()}) != Content::archive) {
    carrier_ = carrier_of({head.data(), head.size()}, &carrier_name_);
  }
  if (carrier_) {
    // A look at the beginning twice: those of several hosts are all named.
    PlainLines lines;
    carrier_of({head.data(), head.size()})->take({head.data(), head.size()}, false, lines);
    names_hosts_ = names_hosts_ || lines.has_several_hosts();
    if (names_hosts_) {
      lines_.name_all_hosts();
    }
    carrier_->take({head.data(), head.size()}, false, lines_);
    head.resize(kSniffBytes);
    head.resize(read(head.data(), head.size()));
  } else if (taken == Taken::out) {
    HeaderHosts hosts;
    hosts.take({head.data(), head.size()});
    names_hosts_ = names_hosts_ || hosts.has_several();
  }
  head_ = std::move(head);
  content_ = content_of({head_.data(), head_.size()});
}

std::size_t Source::read(char* to, std::size_t size) {
  std::size_t done = std::min(size, head_.size() - head_at_);
  if (done > 0) {
    std::memcpy(to, head_.data() + head_at_, done);
    head_at_ += done;
  }
  while (done < size) {
    const std::size_t got = read_some(to + done, size - done);
    if (got == 0) {
      break;
    }
    done += got;
  }
  return done;
}

std::unique_ptr<JournalFile> Source::open_journal(Matches matches) {
  return std::make_unique<JournalFile>(is_compressed() ? -1 : raw_.descriptor(), matches);
}

/// A line an entry.
class Source::Records final : public JournalFields {
 public:
  explicit Records(PlainLines& to) : to_(to) {}

  std::string* field(std::string_view name, std::uint64_t /*line*/) override {
    return entry_.field(name);
  }
  void end_entry(std::uint64_t line) override {
    const std::string record = record_of(entry_);
    to_.put(line, record.empty() ? "-" : record, entry_.host);
  }
  void cut(std::uint64_t /*line*/) override {}
  void too_long(bool /*is_text*/) override {}

 private:
  PlainLines& to_;
  JournalEntry entry_;
};

std::size_t Source::take_entries(char* to, std::size_t size) {
  while (lines_.is_empty() && !carrier_ended_) {
    Records records(lines_);
    carrier_ended_ = !journal_->next(records);
    if (carrier_ended_ && !journal_->fault().empty() && !problem_) {
      problem_ = Problem{journal_->is_refused() ? ProblemKind::unreadable : ProblemKind::damaged,
                         {},
                         journal_->fault()};
    }
  }
  return lines_.read(to, size);
}

std::size_t Source::read_some(char* to, std::size_t size) {
  return journal_ ? take_entries(to, size) : carrier_ ? take_out(to, size) : read_plain(to, size);
}

std::size_t Source::take_out(char* to, std::size_t size) {
  while (lines_.is_empty() && !carrier_ended_) {
    carried_.resize(kPackedBytes);
    const std::size_t got = read_plain(carried_.data(), carried_.size());
    carrier_ended_ = got == 0;
    carrier_->take({carried_.data(), got}, carrier_ended_, lines_);
  }
  return lines_.read(to, size);
}

std::size_t Source::read_plain(char* to, std::size_t size) {
  if (problem_) {
    return 0;
  }
  const std::size_t got = decoder_ ? decode_some(to, size) : raw_.read(to, size);
  if (got == 0 && !problem_ && raw_.error() != 0) {
    problem_ = raw_.problem();
  }
  return got;
}

bool Source::seek(std::uint64_t place) {
  if (is_compressed() || is_journal_ || !raw_.seek(place)) {
    return false;
  }
  head_at_ = head_.size();
  return true;
}

std::unique_ptr<const ResumePoint> Source::resume_point() const {
  if (decoder_ == nullptr || carrier_ != nullptr || is_journal_ || problem_ ||
      head_at_ < head_.size()) {
    return nullptr;
  }
  auto point = std::make_unique<ResumePoint>();
  point->place = decoded_;
  point->packed = raw_.place() - (packed_.size() - packed_at_);
  point->decoder = decoder_->clone();
  point->between_streams = between_streams_;
  return point->decoder == nullptr ? nullptr : std::move(point);
}

bool Source::resume(const ResumePoint& point) {
  std::unique_ptr<Decoder> decoder = point.decoder->clone();
  if (decoder == nullptr || problem_ || !raw_.seek(point.packed)) {
    return false;
  }
  decoder_ = std::move(decoder);
  packed_.clear();
  packed_at_ = 0;
  decoded_ = point.place;
  between_streams_ = point.between_streams;
  head_at_ = head_.size();
  return true;
}

bool Source::refill() {
  packed_.resize(kPackedBytes);
  packed_.resize(raw_.read(packed_.data(), packed_.size()));
  packed_at_ = 0;
  return !packed_.empty();
}

/// Skips the zeros that may pad a stream and makes ready for one more. \return false at the end.
bool Source::begin_next_stream() {
  do {
    const auto rest = packed_.begin() + static_cast<std::ptrdiff_t>(packed_at_);
    const auto next = std::find_if(rest, packed_.end(), [](char c) { return c != '\0'; });
    packed_at_ += static_cast<std::size_t>(next - rest);
    if (next != packed_.end()) {
      decoder_->restart();
      between_streams_ = false;
      return true;
    }
  } while (refill());
  return false;
}

std::size_t Source::decode_some(char* to, std::size_t size) {
  while (true) {
    if (between_streams_ && !begin_next_stream()) {
      return 0;
    }
    const bool ended = packed_at_ == packed_.size() && !refill();
    Window window{packed_.data() + packed_at_, packed_.size() - packed_at_, to, size};
    const std::size_t offered = window.in_left;
    const Step step = decoder_->step(window);
    packed_at_ += offered - window.in_left;
    const std::size_t produced = size - window.out_left;
    decoded_ += produced;
    between_streams_ = step == Step::stream_end;
    if (step == Step::corrupt) {
      damaged("is corrupt");
    } else if (step == Step::going && produced == 0 && window.in_left == offered) {
      // It wants more, and there is none.
      if (raw_.error() != 0) {
        problem_ = raw_.problem();
      } else {
        damaged(ended ? "is cut short" : "is corrupt");
      }
      return 0;
    }
    if (produced > 0 || problem_) {
      return produced;
    }
  }
}

void Source::damaged(std::string_view how) {
  const std::uint64_t at = raw_.place() - (packed_.size() - packed_at_);
  problem_ =
      Problem{ProblemKind::damaged,
              {},
              fmt::format("{} data {} at byte {}; the {} bytes (decompressed) before it were read",
                          coding_name(coding_), how, at, decoded_)};
}

}  // namespace auexfil::input
