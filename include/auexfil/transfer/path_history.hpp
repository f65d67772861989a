#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/stamp.hpp"

namespace auexfil::transfer {

/// What became of the files that transfers send: who made them ready, who removed them. By their
/// absolute paths, so that what comes before a transfer and what comes after it is joined whenever
/// its invocation is over. Bounded: what there is no room for is counted.
class PathHistory {
 public:
  struct Deed {
    bool is_removal{};
    std::uint32_t maker{};  ///< ExecutedProgram::number; 0: not known
    audit::Stamp event;
    std::string who;                     ///< "tar (pid 812)"
    std::string verb;                    ///< "packed"
    std::vector<std::string> sources{};  ///< files that were made ready themselves, which it read
    bool by_argv{};  ///< a removal that a command line tells: it may have come to nothing
  };

  PathHistory() = default;
  explicit PathHistory(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Somebody sends that file: its removal is of interest.
  void ask_for(std::string_view path);
  /// Is it? An empty path: that of any file.
  [[nodiscard]] bool asks_for(std::string_view path) const;
  /// A program writes it. \param is_prefix  it and what its name begins with it.
  void add_staged(std::string_view path, bool is_prefix, const Deed& deed);
  /// That program, which writes `path`, reads a file; told where that was made ready too.
  void add_source(std::string_view path, bool is_prefix, std::uint32_t maker,
                  std::string_view source);
  /// \param with_all_below  it may be a folder.
  void add_removal(std::string_view path, bool with_all_below, const Deed& deed);

  /// All that happened is told: before the first question.
  /// \param unlinks_seen  removals are in the log: what command lines say of them is of no use.
  void settle(bool unlinks_seen);
  /// How it was made ready before an event, or null: within a week, and not removed since.
  [[nodiscard]] const Deed* staged_before(std::string_view path, audit::Stamp event) const;
  /// Its removal after an event, or null: within a week, and not made anew before.
  [[nodiscard]] const Deed* removed_after(std::string_view path, audit::Stamp event) const;

  /// What comes later has no room.
  void stop_growing() { max_bytes_ = bytes_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);

 private:
  using Deeds = std::vector<Deed>;  // as they were told; once settled in the order of their events
  using Paths = std::map<std::string, Deeds, std::less<>>;

  Deeds* get(Paths& paths, std::string_view path);
  bool take_room(std::size_t bytes);
  void add(Deeds& deeds, const Deed& deed);
  template <typename Io>
  void walk_paths(Io& io, Paths& paths);

  std::size_t max_bytes_ = std::size_t{32} << 20;
  std::size_t bytes_ = 0;
  std::uint64_t refused_ = 0;
  Paths paths_;
  Paths prefixes_;
};

}  // namespace auexfil::transfer
