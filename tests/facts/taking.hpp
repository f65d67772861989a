#pragma once

#include <utility>

#include "auexfil/facts/stage.hpp"

namespace auexfil::test {

/// Hands facts to a function.
template <typename Take>
class Taking final : public facts::Stage {
 public:
  explicit Taking(Take take) : take_(std::move(take)) {}
  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    take_(fact);
  }
  void on_host(const coverage::HostCoverage& /*host*/) override {}

 private:
  Take take_;
};

}  // namespace auexfil::test
