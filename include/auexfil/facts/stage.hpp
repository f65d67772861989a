#pragma once

#include <memory>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"

namespace auexfil::facts {

/// What a stage needs of facts, taken in where they are made. On one thread, beside others of the
/// same stage.
class Digest {
 public:
  virtual ~Digest() = default;
  virtual void add(const Fact& fact) = 0;
};

/// Where facts go: a judge, a writer, or something between that hands them on. Host by host: its
/// facts in the order of their start, then what its log could have shown.
class Stage {
 public:
  virtual ~Stage() = default;
  /// \param fact  lives for the call.
  virtual void on_fact(const Fact& fact, const FactDetails& details) = 0;
  /// In place of on_fact(), where the order of a host's facts says nothing; null: they want to be
  /// in order. Called from any thread.
  [[nodiscard]] virtual std::unique_ptr<Digest> make_digest() const { return nullptr; }
  /// \param digest  that make_digest() made: takes over what is in it, and leaves it empty.
  virtual void on_digest(Digest& /*digest*/) {}
  virtual void on_host(const coverage::HostCoverage& host) = 0;
};

}  // namespace auexfil::facts
