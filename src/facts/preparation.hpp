#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "auexfil/facts/fact.hpp"
#include "auexfil/host/reason_texts.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"
#include "auexfil/transfer/path_history.hpp"

namespace auexfil::facts {

/// How what a transfer sends was made ready, and that it was removed after: as reasons, in the
/// order in which it happened. Files are those that its programs opened, or its command line names;
/// paths are compared as the log has them, unmasked.
class Preparation {
 public:
  /// All outlive it.
  Preparation(const transfer::PathHistory& history, const host::ReasonTexts& texts,
              const transfer::InvocationStore& store)
      : history_(history), texts_(texts), store_(store) {}

  /// Of what goes out, once its direction is known.
  void note(const transfer::Invocation& run, Fact& fact) const;

 private:
  using Deed = transfer::PathHistory::Deed;
  /// What was done to a file.
  struct Step {
    std::string_view path;
    const Deed* deed;
  };
  using Steps = std::vector<Step>;

  void add_staged(std::string_view path, audit::Stamp before, std::size_t depth,
                  Steps& steps) const;
  static void add(std::string_view path, const Deed* deed, Steps& steps);
  void tell(Steps& steps, host::ReasonKind kind, Fact& fact) const;

  const transfer::PathHistory& history_;
  const host::ReasonTexts& texts_;
  const transfer::InvocationStore& store_;
};

}  // namespace auexfil::facts
