#pragma once

// Catch2 3 under the header name and the few names of Catch2 2 that the tests use. On the include
// path only where Catch2 3 is installed.

#include <string>

#include <catch2/catch_all.hpp>

namespace Catch {

using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::StartsWith;

inline auto Contains(const std::string& part) {
  return Matchers::ContainsSubstring(part);
}

}  // namespace Catch
