#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/audit/assembler.hpp"
#include "auexfil/audit/decode.hpp"
#include "auexfil/audit/fields.hpp"
#include "auexfil/audit/parse_block.hpp"
#include "auexfil/audit/syscalls.hpp"

namespace auexfil::audit::test {

/// One line, read. Its record's views live as long as it.
class Line {
 public:
  explicit Line(std::string text) : text_(std::move(text)) {
    kind_ = parse_line(text_, record_, malformed_);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  [[nodiscard]] LineKind kind() const { return kind_; }
  [[nodiscard]] bool is_record() const { return kind_ == LineKind::record; }
  /// Meaningful for malformed lines.
  [[nodiscard]] Malformed malformed() const { return malformed_; }
  [[nodiscard]] const Record& record() const { return record_; }
  [[nodiscard]] std::string_view body() const { return record_.body; }

 private:
  std::string text_;
  Record record_;
  LineKind kind_{};
  Malformed malformed_{};
};

/// The first field of that name as it stands in the log, without quotes.
[[nodiscard]] std::optional<std::string> raw(std::string_view body, std::string_view key);

/// The same, decoded as an untrusted string. Empty for (null), for damage and when missing.
[[nodiscard]] std::optional<std::string> text(std::string_view body, std::string_view key);

/// What decode_string() says of it; fails the test when the field is missing.
[[nodiscard]] Decoded decoded(std::string_view body, std::string_view key);

/// All keys of the raw part, in order.
[[nodiscard]] std::vector<std::string> keys(std::string_view body);

[[nodiscard]] Syscall syscall_of(std::string_view body);
[[nodiscard]] Call call_of(const Syscall& call);

[[nodiscard]] Argv argv_of(const std::vector<std::string_view>& bodies, ArgvBounds bounds = {});

[[nodiscard]] SocketAddress saddr_of(std::string_view hex, std::uint32_t arch = 0xc000003eU);

/// An event that outlives its block.
struct EventCopy {
  struct RecordCopy {
    std::uint16_t type{};
    std::string body;
    std::uint32_t file{};
    std::uint32_t line{};
    bool cut{};

    friend bool operator==(const RecordCopy&, const RecordCopy&) = default;
  };
  Stamp stamp;
  std::string node;
  std::uint32_t boot{};
  std::vector<RecordCopy> records;
  std::optional<Syscall> syscall;

  [[nodiscard]] const RecordCopy* find(std::uint16_t type) const;
  [[nodiscard]] std::vector<std::uint16_t> types() const;
};

[[nodiscard]] EventCopy copy(const Event& event);

/// What a log gives: its files' text, oldest first, each in one block.
struct Reading {
  std::vector<EventCopy> events;
  MalformedLines malformed;
  std::uint64_t records{};
};
[[nodiscard]] Reading events_of(const std::vector<std::string>& files,
                                Assembler::Options options = {});
[[nodiscard]] inline Reading events_of(const std::string& file) {
  return events_of(std::vector<std::string>{file});
}

/// Folder of the corpus, the public samples and the documents, or empty where there is none:
/// AUEXFIL_SHARED of the environment, else `shared` beside the source tree.
[[nodiscard]] std::string shared_folder();

/// A whole file as bytes, decompressed if need be.
[[nodiscard]] std::string read_whole(const std::string& path);

/// The lines of a text without their newlines.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

/// The recordings' files, oldest first within each recording; empty without a shared folder.
struct RecordedFile {
  std::string recording;
  std::string path;
};
[[nodiscard]] std::vector<RecordedFile> recorded_files();

/// The logs of other projects (README.md in shared/public). YAML's indent is taken off.
[[nodiscard]] std::vector<std::string> public_logs();
[[nodiscard]] std::string read_public(const std::string& path);

}  // namespace auexfil::audit::test
