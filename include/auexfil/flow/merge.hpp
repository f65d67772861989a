#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "auexfil/flow/flow.hpp"
#include "auexfil/flow/read_flows.hpp"

namespace auexfil::flow {

/// Puts records together: the two directions of a flow, the parts that an exporter split it into,
/// totals that come again and again, and what several exporters tell of it. Records may come in any
/// order, and twice.
class FlowMerger final : public FlowSink {
 public:
  struct Options {
    /// Beyond these records are counted and left out. One takes about 200 bytes.
    std::size_t most_records = std::size_t{1} << 20;
    /// Asked for each record, if there is one; what is not wanted takes no place.
    std::function<bool(const FlowRecord&)> is_wanted;
    /// Told of each that is left out though it is wanted, if there is one.
    std::function<void(const FlowRecord&)> on_left_out;
    /// Told of each that is taken, if there is one.
    std::function<void(const FlowRecord&)> on_taken;
  };

  FlowMerger();
  explicit FlowMerger(Options options);
  ~FlowMerger() override;

  void on_flow(const FlowRecord& record) override;
  bool wants(const FlowRecord& begun) override;

  /// All flows, by their start and ends; the merger is empty after it.
  [[nodiscard]] std::vector<Flow> take();

  [[nodiscard]] std::uint64_t records() const noexcept;
  [[nodiscard]] std::uint64_t unwanted() const noexcept;
  /// Beyond the bound: flows may lack bytes, or be missing.
  [[nodiscard]] std::uint64_t left_out() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Once it is known how far clocks are ahead: flows of the same ends by different exporters that
/// are of one time by then are one. Its tellings have the times of the clock that it goes by.
/// \param ahead  of the clock that a flow goes by; empty: not known, the flow stays as it is
void merge_again(std::vector<Flow>& flows,
                 const std::function<std::optional<TimeUs>(const Flow&)>& ahead);

}  // namespace auexfil::flow
