#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/flow/lost_times.hpp"
#include "auexfil/flow/read_flows.hpp"
#include "auexfil/input/state_io.hpp"

namespace auexfil::flow {

/// What a run that joined flows leaves to the next: the records that it took, what led to them, and
/// of which times there were more.
/// Their files may be rotated away by then, as the log is that the facts are of.
///
/// Takes each record once, however often it comes (files are read in each run that finds them): at
/// its first place by number of file and line, so that it is told where it stands now.
class KeptFlows final : public FlowSink {
 public:
  static constexpr std::size_t kMostFlows = std::size_t{1} << 18;  ///< about 100 bytes each
  static constexpr std::size_t kMostTold = std::size_t{1} << 16;   ///< of commands, and of answers

  /// \param most_flows  Beyond these the lightest go.
  explicit KeptFlows(std::size_t most_flows = kMostFlows) : most_flows_(most_flows) {}

  void on_flow(const FlowRecord& record) override;
  void on_ftp(const FtpCommand& command) override;
  void on_name(const NameAnswer& answer) override;
  void on_lost(TimeUs from, TimeUs to) override { lost_.add(from, to); }

  [[nodiscard]] bool is_empty() const { return flows_.empty() && told_.empty(); }
  /// What had no room: flows may lack bytes, or be missing, once their files are gone.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  /// Their numbers are those of the records: a reader of more begins with them.
  [[nodiscard]] const std::vector<std::string>& observers() const { return observers_; }

  /// Before all else: the numbers of this run's files come before those of files().
  void begin(std::uint32_t files);
  /// Hand on what stands before flows, and these. What comes back is taken once.
  void give_told(FlowSink& to) const;
  void give_flows(FlowSink& to) const;
  /// After all else: what is of no use goes, and with it the names that nothing is of.
  /// \param files, observers  names, by the numbers that records have
  void settle(const std::vector<std::string>& files, const std::vector<std::string>& observers,
              const std::function<bool(const FlowRecord&)>& is_of_use);

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);

 private:
  struct Place {
    std::uint32_t file{};
    std::uint64_t line{};
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  using Rows = std::map<std::string, Place>;  ///< by the bytes of what it says

  static void put(Rows& rows, std::string bytes, const Place& place);
  void put_told(char kind, std::string bytes, const Place& place);
  void drop_light();
  /// \throws input::StateRefused where a row says nothing.
  void look_through() const;

  std::size_t most_flows_;
  Rows flows_;
  Rows told_;  ///< of each the first byte says what it is
  std::vector<std::string> files_;
  std::vector<std::string> observers_;
  std::uint64_t left_out_ = 0;
  LostTimes lost_;
};

template <typename Io>
void KeptFlows::walk(Io& io) {
  constexpr std::size_t kLongest = std::size_t{1} << 16;
  constexpr std::size_t kMostNames = std::size_t{1} << 20;
  const auto name = [&](std::string& one) { io.text(one, kLongest); };
  io.list(files_, kMostNames, name);
  io.list(observers_, kMostNames, name);
  io.number(left_out_);
  for (Rows* const rows : {&flows_, &told_}) {
    std::vector<std::pair<std::string, Place>> all(rows->begin(), rows->end());
    io.list(all, kMostNames, [&](auto& row) {
      name(row.first);
      io.below(row.second.file, files_.size());
      io.number(row.second.line);
    });
    if constexpr (Io::kReads) {
      rows->insert(all.begin(), all.end());
    }
  }
  lost_.walk(io);
  if constexpr (Io::kReads) {
    look_through();
  }
}

}  // namespace auexfil::flow
