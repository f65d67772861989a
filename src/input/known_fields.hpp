#pragma once

#include <cstddef>
#include <string_view>

namespace auexfil::input {

/// What shippers, searches and exports call the field with the line as the log had it, and the one
/// with the host that it is of. No others are looked into: what a sender put in a user agent or a
/// file's name is no record, whatever it looks like.
///
/// A name is that of a field and of the object that it is in, in any case; of a column or a key
/// with dots ("host.name") what stands before the last dot is the object. The lower a rank, the
/// surer.
inline constexpr std::size_t kNoRank = static_cast<std::size_t>(-1);

/// \param in   the object; empty: none, or it has no name.
/// \return kNoRank: it is none.
[[nodiscard]] std::size_t rank_of_raw(std::string_view in, std::string_view key);
[[nodiscard]] std::size_t rank_of_host(std::string_view in, std::string_view key);

/// The host that such a field names: of one that may hold a file's name, not that.
[[nodiscard]] std::string_view host_of_field(std::size_t rank, std::string_view text);

}  // namespace auexfil::input
