#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "auexfil/report/writer.hpp"

namespace auexfil::cli {

class OldRows;

/// The output cannot be written (exit code 2).
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Whoever read our output has gone: not an error.
struct ClosedPipe {};

/// A line "auexfil: TEXT" on stderr, made safe for a terminal. Never fails: a closed stderr is
/// nobody's loss but the reader's.
void print_message(std::string_view text);

/// Where an output goes.
struct OutputName {
  std::string path;  ///< empty or "-": standard output
  /// The name is of a day or another time, or what it is of is told once (--state): what a run
  /// before left there stays, and this one's file is the first of NAME.csv, NAME.1.csv, NAME.2.csv
  /// … that is not taken.
  bool dated = false;
  /// What is there and is added to; null: nothing.
  std::shared_ptr<OldRows> old;
};

/// The name of an output whose `pattern` may have strftime's fields, as of `now_s`.
/// \param local  in the zone of this machine, not in UTC
/// \throws OutputError when it makes no name.
[[nodiscard]] OutputName output_name(const std::string& pattern, std::int64_t now_s, bool local);

/// For --append-new: the rows of an output go to the file that is there; else its name is dated, so
/// that of two runs at once none writes over the other's. Of standard output and pipes: nothing.
/// \param header  the first line of its CSV
/// \param quiet  says not that it waits for another run
/// \throws OutputError
void add_to_old(OutputName& name, const std::string& header, bool quiet);

/// Removes what runs that were killed have left beside it. Before the run is confined.
void clear_way(const OutputName& name);

/// What an Output of this name writes to: the folder in which its file appears, or what is there
/// and is no file. Empty for standard output.
[[nodiscard]] std::string written_place(const std::string& path);

/// \throws OutputError when both names are of one file.
void keep_apart(const OutputName& one, const OutputName& other);

/// Standard output, or a file that appears whole or not at all (written aside, then renamed).
/// What is there already and is no file (a pipe, /dev/null) is written to as it is.
class Output final : public report::Sink {
 public:
  /// \param name  A link is followed.
  /// \throws OutputError when it cannot be written: ask before the work, not after it.
  explicit Output(const OutputName& name);
  ~Output() override;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// The file that will stand there, empty for standard output; of a dated one the first name,
  /// once it is finished its own.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The buffer to append to.
  [[nodiscard]] std::string& text() override { return text_; }
  /// Writes the buffer out when it is large.
  void maybe_flush() override {
    if (text_.size() > kFlush) {
      flush();
    }
  }
  /// Writes all: what cannot be written is known before anything stands in its place.
  void seal();
  /// Writes all and puts the file in its place.
  void finish();

 private:
  static constexpr std::size_t kFlush = std::size_t{256} << 10;
  void flush();
  void open_file();
  bool put_in_place();
  [[noreturn]] void fail() const;

  std::string text_;
  std::string path_;
  std::string aside_;
  bool dated_ = false;
  std::shared_ptr<OldRows> old_;
  std::FILE* file_ = nullptr;
  bool sealed_ = false;
  bool done_ = false;
};

}  // namespace auexfil::cli
