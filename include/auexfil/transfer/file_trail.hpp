#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auexfil/host/tracker.hpp"
#include "auexfil/transfer/file_rules.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"
#include "auexfil/transfer/path_history.hpp"
#include "auexfil/transfer/tool_finder.hpp"

namespace auexfil::transfer {

/// Which files the programs of an invocation opened for reading, and those that fed it through
/// pipes; and what becomes of files before and after. Follows tools, what makes files ready or
/// removes them, shells, interpreters and what stands in a pipe: of nothing else an open is looked
/// at. Bounded, and counted past that.
class FileTrail {
 public:
  struct Options {
    std::size_t max_files = std::size_t{1} << 18;  ///< of all programs
    std::size_t max_sets = std::size_t{1} << 16;   ///< programs with files
    std::size_t max_history_bytes = std::size_t{32} << 20;
  };
  static constexpr std::size_t kMostFiles = 100;  ///< that are listed of one invocation

  /// \param rules, \param finder outlive it.
  FileTrail(const FileRules& rules, ToolFinder& finder, Options options)
      : rules_(rules), finder_(finder), options_(options), history_(options.max_history_bytes) {}
  void attach(host::Tracker& tracker) { tracker_ = &tracker; }
  void stop_growing(std::size_t at_least);

  /// See host::Tracker::Listener.
  void on_exec(host::ProgramIndex image);
  void on_open(host::ProgramIndex image, std::uint32_t file);
  void on_file_read(host::ProgramIndex image, std::uint32_t file, std::uint64_t bytes);
  void on_pipe(host::ProgramIndex image, std::uint32_t pipe, bool is_output);
  void on_connected_output(host::ProgramIndex image, host::ProgramIndex owner);
  void on_remove(std::string_view path, std::string_view program, std::uint32_t pid,
                 host::Place place);
  void on_sweep(std::vector<bool>& live) const;

  /// What an invocation's programs opened. \param top  its topmost program.
  void tell(host::ProgramIndex top, const Tool* tool, InvocationStore& store, Invocation& made);

  /// The log is over: the history may be asked.
  void settle() { history_.settle(tracker_->unlinks_seen()); }
  [[nodiscard]] const PathHistory& history() const { return history_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_ + history_.refused(); }
  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);

 private:
  /// A program, also when it is gone: by ExecutedProgram::number.
  using Number = std::uint32_t;
  struct Use {
    host::Symbol path{};
    std::uint64_t bytes{};
    std::uint64_t reads{};
    host::Place opened;
  };
  /// What made its standard input.
  struct Feeder {
    Number number{};
    std::string staged;  ///< as a reason's who, where it makes files ready
    std::string verb;
    audit::Stamp began;
  };
  struct FileSet {
    host::ProgramIndex image;
    Number keeper{};  ///< that it feeds: is told with that one's
    std::vector<Use> files;
    std::uint64_t count{};     ///< with those that are not in `files`
    std::uint64_t left_out{};  ///< times that one of its own was opened
    std::uint64_t unnamed{};   ///< times that one was opened whose name is not in the log
    std::vector<Feeder> feeders;
  };
  struct Helper {
    host::ProgramIndex image;
    Number top{};
    host::ProgramIndex top_image;
  };
  struct Ends {
    host::ProgramIndex writer;
    Number writer_number{};
    host::ProgramIndex reader;
    Number reader_number{};
  };

  [[nodiscard]] Number number_of(host::ProgramIndex image) const {
    return tracker_->image(image).number;
  }
  [[nodiscard]] bool is_there(host::ProgramIndex image, Number number) const {
    return image != host::kNone && tracker_->is_there(image, number);
  }
  FileSet* get_set(host::ProgramIndex image);
  [[nodiscard]] bool is_kept(const FileSet& set, Number number, int depth) const;
  void prune();
  void add_file(FileSet& set, const host::OpenedFile& file);
  void link(host::ProgramIndex writer, host::ProgramIndex reader);
  void note_output(host::ProgramIndex image, const Staging& staging, std::string_view path,
                   bool is_prefix, audit::Stamp event);
  void note_outputs(host::ProgramIndex image, const Staging& staging);
  void note_removals(host::ProgramIndex image);
  [[nodiscard]] bool is_named(host::ProgramIndex image, std::string_view path);
  [[nodiscard]] std::string who(host::ProgramIndex image) const;
  void tell_set(Number number, InvocationStore& store, Invocation& made, std::vector<Number>& told);
  template <typename Io>
  void walk_sets(Io& io);
  template <typename Io>
  void walk_program(Io& io, host::ProgramIndex& image);

  const FileRules& rules_;
  ToolFinder& finder_;
  Options options_;
  host::Tracker* tracker_ = nullptr;
  PathHistory history_;
  std::map<Number, FileSet> sets_;
  std::map<Number, Helper> helpers_;
  std::map<std::uint32_t, Ends> pipes_;
  std::size_t files_ = 0;  // of all sets
  std::size_t next_prune_ = 256;
  std::uint64_t refused_ = 0;
};

}  // namespace auexfil::transfer
