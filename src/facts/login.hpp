#pragma once

#include "auexfil/artefacts/logins.hpp"
#include "auexfil/artefacts/matcher.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"

namespace auexfil::facts {

/// What a host's other logs say of an invocation. It decides nothing: the verdict is the kernel's.
class LoginFinder {
 public:
  /// All outlive it. \param answers  null: there are no such logs. \param starters  of the image,
  /// by whose accounts a login may be none of the session's; null: there is none.
  LoginFinder(const artefacts::Answers* answers, const artefacts::Matcher* starters,
              const transfer::InvocationStore& store)
      : answers_(answers), starters_(starters), store_(store) {}

  /// Sets the login of its session; says as reasons where cron, su and sudo logged what they did,
  /// and as notes what could not be told apart.
  void find(const transfer::Invocation& run, Fact& fact) const;

 private:
  void find_login(const transfer::Invocation& run, Fact& fact) const;

  const artefacts::Answers* answers_;
  const artefacts::Matcher* starters_;
  const transfer::InvocationStore& store_;
};

/// Adds what find() will ask for.
void add_asked(const transfer::Invocation& run, const transfer::InvocationStore& store,
               artefacts::Asked& asked);

}  // namespace auexfil::facts
