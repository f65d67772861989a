#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "auexfil/input/logs.hpp"

namespace auexfil::flow {

/// What is shown of one record at most: bytes, and lines of a JSON document.
inline constexpr std::size_t kMostShown = std::size_t{4} << 10;
inline constexpr std::size_t kMostShownLines = 64;

/// Lines of a file of flow records as they stand there, by number from 1 on; of a JSON document
/// that begins on one and has several, all of them. What is beyond a bound is cut, and ends in "…".
/// In one pass; what cannot be read is missing.
/// \param mask  passwords that a sensor took down (Zeek's ftp.log, http.log) become `****`
[[nodiscard]] std::map<std::uint64_t, std::string> lines_of(const input::LogFile& file,
                                                            const std::set<std::uint64_t>& wanted,
                                                            bool mask);

}  // namespace auexfil::flow
