#include "auexfil/input/state_io.hpp"

#if defined(AUEXFIL_WITH_ISAL)
#include <isa-l/crc.h>
#endif
#include <zlib.h>

#include <fmt/format.h>

namespace auexfil::input {
namespace {

constexpr std::string_view kName = "auexfil state ";
/// Goes up with every change of what a walk() says.
constexpr std::uint32_t kVersion = 16;
constexpr std::size_t kNumber = 16;  // hexadecimal digits
/// "auexfil state VERSION SIZE CHECKSUM\n", then the state.
constexpr std::size_t kHead = kName.size() + 3 * (kNumber + 1);

/// CRC-32 of RFC 1952, whichever library is there.
std::uint64_t checksum(std::string_view bytes) {
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
#if defined(AUEXFIL_WITH_ISAL)
  return crc32_gzip_refl(0, data, bytes.size());
#else
  return crc32_z(0, data, bytes.size());
#endif
}

/// \return false for anything but digits.
bool read_number(std::string_view text, std::uint64_t& value) {
  value = 0;
  for (const char digit : text) {
    const std::size_t place = std::string_view("0123456789abcdef").find(digit);
    if (place == std::string_view::npos) {
      return false;
    }
    value = value << 4U | place;
  }
  return true;
}

}  // namespace

std::string begin_sealed() {
  return std::string(kHead, ' ');
}

void seal(std::string& begun) {
  const std::string_view state = std::string_view(begun).substr(kHead);
  const std::string head =
      fmt::format("{}{:016x} {:016x} {:016x}\n", kName, kVersion, state.size(), checksum(state));
  begun.replace(0, kHead, head);
}

std::string seal_state(std::string_view state) {
  std::string sealed = begin_sealed();
  sealed += state;
  seal(sealed);
  return sealed;
}

std::string_view open_state(std::string_view sealed) {
  if (!sealed.starts_with(kName.substr(0, sealed.size()))) {
    throw StateRefused("not a state of auexfil's");
  }
  if (sealed.size() < kHead) {
    throw StateRefused("the state is cut short");
  }
  std::uint64_t version = 0;
  std::uint64_t size = 0;
  std::uint64_t sum = 0;
  if (!read_number(sealed.substr(kName.size(), kNumber), version)) {
    throw StateRefused("not a state of auexfil's");
  }
  if (version != kVersion) {
    throw StateRefused(fmt::format("the state is of version {}, and this program reads version {}",
                                   version, kVersion));
  }
  if (!read_number(sealed.substr(kName.size() + kNumber + 1, kNumber), size) ||
      !read_number(sealed.substr(kName.size() + 2 * (kNumber + 1), kNumber), sum)) {
    throw StateRefused("the state is damaged");
  }
  const std::string_view state = sealed.substr(kHead);
  if (state.size() < size) {
    throw StateRefused("the state is cut short");
  }
  if (state.size() > size || checksum(state) != sum) {
    throw StateRefused("the state is damaged");
  }
  return state;
}

}  // namespace auexfil::input
