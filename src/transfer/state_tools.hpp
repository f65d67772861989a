#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// Tools in a state, by the numbers that they had when it was written: the rules may be others now.
class StateTools {
 public:
  template <typename Io>
  void walk(Io& io, const Tools& rules) {
    constexpr std::size_t kMost = 65536;
    constexpr std::size_t kLongest = 4096;
    std::vector<std::string> names;
    if constexpr (!Io::kReads) {
      for (std::size_t number = 1; number <= rules.size(); ++number) {
        names.push_back(rules.by_number(number)->name);
      }
    }
    io.list(names, kMost, [&](std::string& name) { io.text(name, kLongest); });
    for (const std::string& name : names) {
      tools_.push_back(rules.find(name));
    }
    rules_ = &rules;
    are_as_before_ = tools_.size() == rules.size();
    for (std::size_t number = 1; number <= tools_.size() && are_as_before_; ++number) {
      are_as_before_ = tools_[number - 1] == rules.by_number(number);
    }
  }
  /// Have the rules the same tools under the same numbers?
  [[nodiscard]] bool are_as_before() const { return are_as_before_; }

  [[nodiscard]] std::size_t size() const { return tools_.size(); }
  /// Of a tool of the rules, when the state is written.
  [[nodiscard]] std::uint64_t number_of(const Tool* tool) const { return rules_->number_of(tool); }
  /// Null as well for one that the rules do not have any more.
  [[nodiscard]] const Tool* by_number(std::uint64_t number) const {
    return number == 0 || number > size() ? nullptr : tools_[number - 1];
  }

 private:
  const Tools* rules_ = nullptr;
  std::vector<const Tool*> tools_;
  bool are_as_before_ = false;
};

}  // namespace auexfil::transfer
