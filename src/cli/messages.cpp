#include "messages.hpp"

#include <fmt/format.h>

#include "output.hpp"

namespace auexfil::cli {
namespace {

constexpr std::uint64_t kMostOfAKind = 3;

}  // namespace

Messages::~Messages() {
  for (const auto& [kind, times] : times_) {
    if (times > kMostOfAKind) {
      print_message(fmt::format("and {} more of this kind: {}", times - kMostOfAKind, kind));
    }
  }
}

void Messages::say(std::string_view kind, const std::string& text) {
  if (!quiet_ && ++times_[std::string(kind)] <= kMostOfAKind) {
    print_message(text);
  }
}

}  // namespace auexfil::cli
