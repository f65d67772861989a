#include <array>

#include "auexfil/facts/fact.hpp"

namespace auexfil::facts {
namespace {

constexpr std::array kAll = {FileBasis::measured, FileBasis::at_least, FileBasis::image,
                             FileBasis::unknown};

}  // namespace

const char* to_word(FileBasis basis) {
  switch (basis) {
    case FileBasis::measured:
      return "measured";
    case FileBasis::at_least:
      return "at-least";
    case FileBasis::image:
      return "image";
    case FileBasis::unknown:
      break;
  }
  return "unknown";
}

std::optional<FileBasis> file_basis_from(std::string_view word) {
  for (const FileBasis basis : kAll) {
    if (word == to_word(basis)) {
      return basis;
    }
  }
  return std::nullopt;
}

}  // namespace auexfil::facts
