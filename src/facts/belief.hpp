#pragma once

#include "auexfil/coverage/visibility.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/facts/sums.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/transfer_builder.hpp"

namespace auexfil::facts {

using transfer::ArgPeer;
using transfer::ArgReading;
using transfer::Connection;
using transfer::DescriptorUse;
using transfer::Doubts;
using transfer::Invocation;
using transfer::InvocationStore;
using transfer::is_this_host;
using transfer::TextId;
using transfer::Tool;

/// Does a program below send for the connection's own (ssh for scp, a ProxyCommand for ssh), so
/// that numbers of unknown opening lead there?
[[nodiscard]] bool feeds_helper(const Invocation& run, const Connection& connection);

/// Is a number whose opening is not in the log a file, since every socket that is made is in it?
/// Standard input that is written to is what the starter gave it, and neither a file to read nor a
/// pipe: inetd and sshd hand on their connections so.
[[nodiscard]] bool is_file(const Connection& connection,
                           const coverage::AuditVisibility& visibility);

/// Went the bytes of a number whose opening is not in the log over a network? A call that only
/// sockets take proves it; else a transfer tool's are taken for it, unless something speaks for a
/// file or a pipe.
/// \param by_helper  the tool sends through helpers that it starts (scp, sftp, rsync over ssh)
[[nodiscard]] bool is_believed(const Invocation& run, const ArgReading& reading,
                               const Connection& connection,
                               const coverage::AuditVisibility& visibility, bool by_helper);

}  // namespace auexfil::facts
