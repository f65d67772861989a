#include "labels.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace auexfil::input {
namespace {

using Parts = std::vector<std::string>;

/// Folders of any machine and of any collector: [root] is UAC's, uploads/auto Velociraptor's.
bool is_generic(std::string_view part) {
  return part == "[root]" || part == "uploads" || part == "auto" || part == "file" ||
         part == "audit" || part == "log" || part == "logs" || part == "var" || part == "tmp";
}

/// "pile" of "pile.tar.gz!", an archive on the way to its members.
std::string without_packing(std::string_view part) {
  part.remove_suffix(1);
  constexpr std::array<std::string_view, 15> kEnds = {".gz",  ".xz",  ".bz2", ".zst",  ".zstd",
                                                      ".lz4", ".tar", ".tgz", ".txz",  ".tbz2",
                                                      ".tbz", ".zip", ".7z",  ".cpio", ".ar"};
  for (std::size_t i = 0; i < kEnds.size(); ++i) {
    if (part.size() > kEnds[i].size() && part.ends_with(kEnds[i])) {
      part.remove_suffix(kEnds[i].size());
    }
  }
  return std::string(part);
}

Parts parts_of(const std::string& folder) {
  Parts parts;
  for (const auto& part : std::filesystem::path(folder).lexically_normal()) {
    if (part != "/" && part != "." && !part.empty()) {
      const std::string text = part.string();
      parts.push_back(text.ends_with('!') ? without_packing(text) : text);
    }
  }
  return parts;
}

/// The number of digits alone, with what a partition is called before it ("month=11"); else none.
std::optional<unsigned> number_of(std::string_view part, std::size_t least, std::size_t most) {
  part.remove_prefix(part.find('=') + 1);  // npos + 1: 0
  unsigned number = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
  const bool is_number = error == std::errc{} && end == part.data() + part.size();
  return is_number && part.size() >= least && part.size() <= most ? std::optional(number)
                                                                  : std::nullopt;
}

bool lies_in(std::optional<unsigned> number, unsigned first, unsigned last) {
  return number && *number >= first && *number <= last;
}

bool is_year(std::string_view part) {
  return lies_in(number_of(part, 4, 4), 1990, 2099);
}

bool is_month(std::string_view part) {
  return lies_in(number_of(part, 1, 2), 1, 12);
}

bool is_day(std::string_view part) {
  return lies_in(number_of(part, 1, 2), 1, 31);
}

bool is_hour(std::string_view part) {
  return lies_in(number_of(part, 2, 2), 0, 23);
}

/// "2026-11-25", "2026_11", "20261125", with what a partition is called before it.
bool is_date(std::string_view part) {
  part.remove_prefix(part.find('=') + 1);
  constexpr std::size_t kYear = 4;
  if (part.size() < kYear + 2 || !is_year(part.substr(0, kYear))) {
    return false;
  }
  std::string_view rest = part.substr(kYear);
  const char between =
      rest.front() == '-' || rest.front() == '_' || rest.front() == '.' ? rest.front() : '\0';
  const auto take = [&](auto is_part) {
    if (between != '\0' && !rest.empty()) {
      if (rest.front() != between) {
        return false;
      }
      rest.remove_prefix(1);
    }
    const bool is_it = rest.size() >= 2 && is_part(rest.substr(0, 2));
    rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
    return is_it;
  };
  return take(is_month) && (rest.empty() || (take(is_day) && rest.empty()));
}

Parts without_date_parts(const Parts& parts) {
  Parts left;
  for (std::size_t i = 0; i < parts.size();) {
    std::size_t end = i;
    if (is_date(parts[i])) {
      ++end;
    } else if (is_year(parts[i])) {
      ++end;
      if (end < parts.size() && is_month(parts[end])) {
        ++end;
        end += end < parts.size() && is_day(parts[end]) ? 1U : 0U;
      }
    }
    end += end > i && end < parts.size() && is_hour(parts[end]) ? 1U : 0U;
    if (end == i) {
      left.push_back(parts[i]);
    }
    i = std::max(end, i + 1);
  }
  return left;
}

Parts without_generic_end(Parts parts) {
  while (!parts.empty() && is_generic(parts.back())) {
    parts.pop_back();
  }
  return parts;
}

std::size_t common_front(const std::vector<Parts>& all) {
  std::size_t length = all.front().size();
  for (const Parts& parts : all) {
    const auto limit = static_cast<std::ptrdiff_t>(std::min(length, parts.size()));
    const auto differs =
        std::mismatch(parts.begin(), parts.begin() + limit, all.front().begin()).first;
    length = static_cast<std::size_t>(differs - parts.begin());
  }
  return length;
}

std::string join_from(const Parts& parts, std::size_t first) {
  std::string joined;
  for (std::size_t i = first; i < parts.size(); ++i) {
    joined += (joined.empty() ? "" : "/") + parts[i];
  }
  return joined;
}

/// "etl-01" of "etl-01.audit.log", "audit" of "audit.log"; a file that is called otherwise has its
/// own name, without the ".log" that its place among exports has given it.
std::string name_of_base(std::string_view base) {
  constexpr std::string_view kInside = ".log.";
  if (const std::size_t at = base.find(kInside); at != std::string_view::npos) {
    return std::string(base.substr(0, at)) + std::string(base.substr(at + kInside.size() - 1));
  }
  if (base.ends_with(".log")) {
    base.remove_suffix(4);
  }
  for (const std::string_view end : {".audit", "-audit", "_audit"}) {
    if (base.size() > end.size() && base.ends_with(end)) {
      base.remove_suffix(end.size());
    }
  }
  for (const std::string_view begin : {"audit.", "audit-", "audit_"}) {
    // "audit.1.log" is of a rotation (logrotate's `extension`): its number names no host.
    if (base.size() > begin.size() && base.starts_with(begin) &&
        base.find_first_not_of("0123456789", begin.size()) != std::string_view::npos) {
      base.remove_prefix(begin.size());
    }
  }
  return std::string(base);
}

std::map<std::string, int> count_each(const std::vector<std::string>& labels) {
  std::map<std::string, int> counts;
  for (const auto& label : labels) {
    ++counts[label];
  }
  return counts;
}

std::string join(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

/// Labels that are empty or not the only one of their kind are made again by `better`.
template <typename Better>
void improve(std::vector<std::string>& labels, Better better) {
  const auto counts = count_each(labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty() || counts.at(labels[i]) > 1) {
      labels[i] = better(i);
    }
  }
}

}  // namespace

std::string without_dates(const std::string& folder) {
  Parts parts;
  for (const auto& part : std::filesystem::path(folder)) {
    parts.push_back(part.string());
  }
  std::filesystem::path left;
  for (const std::string& part : without_date_parts(parts)) {
    left /= part;
  }
  return left.string();
}

std::vector<std::string> label_sets(const std::vector<SetPlace>& places) {
  std::vector<std::string> labels(places.size());
  if (places.size() < 2) {
    if (!places.empty() && places.front().in_folder) {
      const Parts parts = without_generic_end(without_date_parts(parts_of(places.front().folder)));
      if (!parts.empty() && parts.back() != "..") {
        labels.front() = parts.back();
      }
    }
    return labels;
  }
  std::vector<Parts> whole;
  std::vector<Parts> brief;
  std::vector<Parts> dateless;
  for (const auto& place : places) {
    whole.push_back(parts_of(place.folder));
    brief.push_back(without_generic_end(whole.back()));
    dateless.push_back(without_generic_end(without_date_parts(whole.back())));
  }
  const std::size_t dateless_front = common_front(dateless);
  const std::size_t brief_front = common_front(brief);
  const std::size_t whole_front = common_front(whole);
  for (std::size_t i = 0; i < places.size(); ++i) {
    labels[i] = join_from(dateless[i], dateless_front);
  }
  improve(labels, [&](std::size_t i) { return join_from(brief[i], brief_front); });
  improve(labels, [&](std::size_t i) {
    return join(join_from(brief[i], brief_front), name_of_base(places[i].base));
  });
  improve(labels,
          [&](std::size_t i) { return join(join_from(whole[i], whole_front), places[i].base); });
  // What is left differs in the spelling of one and the same path alone.
  std::set<std::string> taken;
  for (auto& label : labels) {
    std::string unique = label;
    for (int n = 2; !taken.insert(unique).second; ++n) {
      unique = fmt::format("{}#{}", label, n);
    }
    label = unique;
  }
  return labels;
}

}  // namespace auexfil::input
