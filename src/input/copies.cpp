#include "copies.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "source.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;
constexpr std::size_t kMostAlike = 64;  ///< files that are held against one another

enum class Relation : std::uint8_t { differs, same, first_ends, second_ends };

/// Holds two contents against each other, as far as they agree.
Relation compare(const std::string& a, const std::string& b) {
  Source first(a);
  Source second(b);
  std::vector<char> x(kPiece);
  std::vector<char> y(kPiece);
  for (;;) {
    const std::size_t m = first.read(x.data(), kPiece);
    const std::size_t n = second.read(y.data(), kPiece);
    if (std::memcmp(x.data(), y.data(), std::min(m, n)) != 0) {
      return Relation::differs;
    }
    if (m == n && m == kPiece) {
      continue;
    }
    if (first.fault() || second.fault()) {
      return Relation::differs;  // what is behind the damage nobody knows
    }
    return m == n ? Relation::same : m < n ? Relation::first_ends : Relation::second_ends;
  }
}

/// Where a file stands in its group.
struct Place {
  std::size_t group{};
  std::size_t file{};
};

}  // namespace

std::vector<Copy> take_out_copies(std::vector<std::vector<RotatedFile>>& groups) {
  std::size_t files = 0;
  for (const auto& group : groups) {
    files += group.size();
  }
  std::vector<Copy> copies;
  if (files < 2) {
    return copies;
  }
  // Only what begins with the same line can be a copy.
  std::map<std::string, std::vector<Place>> alike;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::size_t f = 0; f < groups[g].size(); ++f) {
      const std::string& path = groups[g][f].file.path;
      std::error_code error;
      if (path == "-" || !std::filesystem::is_regular_file(path, error)) {
        continue;
      }
      const Source source(path);
      const std::string_view head = source.head();
      const std::string_view line = head.substr(0, head.find('\n'));
      if (line.find("audit(") != std::string_view::npos) {
        alike[std::string(line)].push_back({g, f});
      }
    }
  }
  std::vector<std::vector<bool>> gone(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    gone[g].resize(groups[g].size());
  }
  for (auto& [line, places] : alike) {
    if (places.size() < 2 || places.size() > kMostAlike) {
      continue;
    }
    const auto at = [&](const Place& place) -> RotatedFile& {
      return groups[place.group][place.file];
    };
    // The plainest name is kept: the log itself before somebody's copy of it.
    std::stable_sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
      const auto weight = [&](const Place& place) {
        return std::pair(at(place).rotation.base != "audit.log", at(place).file.name.size());
      };
      return weight(a) < weight(b);
    });
    std::vector<Place> kept;
    for (const Place& place : places) {
      bool is_copy = false;
      for (Place& known : kept) {
        const Relation relation = compare(at(place).file.path, at(known).file.path);
        if (relation == Relation::same || relation == Relation::first_ends) {
          gone[place.group][place.file] = true;
          copies.push_back({at(place).file.name, at(known).file.name});
          is_copy = true;
          break;
        }
        if (relation == Relation::second_ends) {
          gone[known.group][known.file] = true;
          copies.push_back({at(known).file.name, at(place).file.name});
          known = place;
          is_copy = true;
          break;
        }
      }
      if (!is_copy) {
        kept.push_back(place);
      }
    }
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::vector<RotatedFile> rest;
    for (std::size_t f = 0; f < groups[g].size(); ++f) {
      if (!gone[g][f]) {
        rest.push_back(std::move(groups[g][f]));
      }
    }
    groups[g] = std::move(rest);
  }
  return copies;
}

}  // namespace auexfil::input
