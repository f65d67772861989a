#include "auexfil/transfer/terms.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace auexfil::transfer {
namespace {

// The words of each enum, in the order of its enumerators.
constexpr std::array kSides = {"client", "server"};
constexpr std::array kDirections = {"none", "out", "in", "both", "unknown"};
constexpr std::array kBases = {"measured", "at-least", "estimated", "flow", "unknown"};
constexpr std::array kFileBases = {"measured", "at-least", "image", "unknown"};
constexpr std::array kVerdicts = {"unattended", "attended", "unknown"};
constexpr std::array kTransports = {"tcp", "udp", "sctp", "unknown"};
constexpr std::array kSources = {"connect", "accept", "sendto", "argv", "flow"};

template <typename Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<const char*, N>& words, std::string_view word) {
  const auto hit = std::find(words.begin(), words.end(), word);
  if (hit == words.end()) {
    return std::nullopt;
  }
  return static_cast<Enum>(hit - words.begin());
}

template <typename Enum, std::size_t N>
const char* word_of(const std::array<const char*, N>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

}  // namespace

const char* to_word(Side value) {
  return word_of(kSides, value);
}
const char* to_word(Direction value) {
  return word_of(kDirections, value);
}
const char* to_word(Basis value) {
  return word_of(kBases, value);
}
const char* to_word(FileBasis value) {
  return word_of(kFileBases, value);
}
const char* to_word(Verdict value) {
  return word_of(kVerdicts, value);
}
const char* to_word(Transport value) {
  return word_of(kTransports, value);
}
const char* to_word(Source value) {
  return word_of(kSources, value);
}

std::optional<Side> side_from(std::string_view word) {
  return find_word<Side>(kSides, word);
}

std::optional<Direction> direction_from(std::string_view word) {
  return find_word<Direction>(kDirections, word);
}

std::optional<Basis> basis_from(std::string_view word) {
  return find_word<Basis>(kBases, word);
}
std::optional<FileBasis> file_basis_from(std::string_view word) {
  return find_word<FileBasis>(kFileBases, word);
}

std::optional<Verdict> verdict_from(std::string_view word) {
  return find_word<Verdict>(kVerdicts, word);
}

std::optional<Transport> transport_from(std::string_view word) {
  return find_word<Transport>(kTransports, word);
}

std::optional<Source> source_from(std::string_view word) {
  return find_word<Source>(kSources, word);
}

Basis weaker(Basis a, Basis b) {
  return std::max(a, b);
}

}  // namespace auexfil::transfer
