#pragma once

#include "auexfil/facts/fact.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"
#include "belief.hpp"

namespace auexfil::facts {

/// An invocation with all that is asked for when its connections are told.
struct InvocationView {
  const Invocation& run;
  const ArgReading& reading;  ///< of its command line
  const coverage::AuditVisibility& visibility;
  const InvocationStore& store;  ///< of its texts
};

/// What one connection tells of its destination. \param server  the peer came in.
[[nodiscard]] Destination destination_of(const InvocationView& of, const Connection& connection,
                                         bool server);

/// Adds what has to be said of one connection's sums.
void note_sums(Fact& fact, const Connection& connection, const Destination& d,
               const coverage::AuditVisibility& visibility);

/// Adds a note for each address of the command line that no connection goes to: a jump host, a
/// proxy or a configuration file stands between. What is allowed for the one need not be for the
/// other.
void note_other_hosts(Fact& fact, const ArgReading& reading);

}  // namespace auexfil::facts
