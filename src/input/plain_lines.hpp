#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace auexfil::input {

/// What a carrier makes of a file: lines of the log, each from a line of the file. Every line of
/// the file gives at least one, empty where it holds nothing; where one gives several, the second
/// and later are *continued*. So the place of a line in the file follows from its place here.
///
/// One thread writes and read()s, another may take_continued() what was read.
class PlainLines {
 public:
  /// A record that stands in line `at` (from 0) of the file. A newline in it becomes a blank, as
  /// auditd makes it (auditd-event.c format_raw()): a record never spans lines, and what somebody
  /// wrote into one never begins another.
  /// \param record  maybe behind a logger's header (log_header.hpp).
  /// \param host    that the form says the record is of; empty: it does not. What that header says
  ///                is nearer to where the record was made. A record without a node of its own gets
  ///                it as one, in the header's place, where there are several: those of the first
  ///                host do only after name_all_hosts().
  void put(std::uint64_t at, std::string_view record, std::string_view host = {});

  void name_all_hosts() { names_all_ = true; }
  [[nodiscard]] bool has_several_hosts() const { return has_several_; }
  /// Valid until the next call.
  [[nodiscard]] std::string_view first_host() const { return first_host_; }

  /// The same at the end of a file that ends in the middle of it: the line gets no newline.
  void put_cut(std::uint64_t at, std::string_view record);

  /// Lines before `at` give no more.
  void pad(std::uint64_t at);

  /// Text whose lines are the file's, newlines included.
  void pass(std::string_view text);

  [[nodiscard]] std::size_t read(char* to, std::size_t size);
  [[nodiscard]] bool is_empty() const noexcept { return at_ == text_.size(); }

  /// Which of the `count` lines from line `first` (from 0, of the lines read) are continued.
  void take_continued(std::uint64_t first, std::uint64_t count, std::vector<std::uint32_t>& out);

 private:
  void begin_line(std::uint64_t at);
  void add(std::string_view record);
  [[nodiscard]] bool wants_node(std::string_view node);

  std::string text_;  ///< from at_ on not read yet
  std::size_t at_ = 0;
  std::uint64_t made_ = 0;  ///< lines, as far as they have begun
  std::uint64_t next_ = 0;  ///< the first line of the file that has given nothing
  std::string first_host_;
  bool has_several_ = false;
  bool names_all_ = false;
  std::mutex mutex_;
  std::vector<std::uint64_t> continued_;
};

}  // namespace auexfil::input
