#include "auexfil/input/rule_file.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <sstream>
#include <utility>

#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <fmt/format.h>

namespace auexfil::input {
namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20;
constexpr std::size_t kMaxLine = std::size_t{64} << 10;
constexpr std::size_t kMaxMistakes = 1000;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\r\f\v";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// A piece of the file that is safe to show in a message: short, without control characters.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string out(text.substr(0, kMost));
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  if (text.size() > kMost) {
    out += "...";
  }
  return out;
}

/// Reads line by line: Boost parses a whole stream at once and names neither line nor cause, so
/// it is given one line at a time.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  void read(std::string_view text) {
    if (text.size() > kMaxFile) {
      mistake(1, fmt::format("is {} bytes long; a rule file is at most 16 MiB", text.size()));
      return;
    }
    if (text.starts_with(kByteOrderMark)) {
      text.remove_prefix(kByteOrderMark.size());
    }
    for (line_ = 1; !text.empty(); ++line_) {
      const auto end = std::min(text.find('\n'), text.size());
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  RuleFile take() { return std::move(out_); }

 private:
  void mistake(int line, std::string what) {
    if (out_.mistakes.size() < kMaxMistakes) {
      out_.mistakes.push_back({file_, line, std::move(what)});
    } else if (out_.mistakes.size() == kMaxMistakes) {
      out_.mistakes.push_back({file_, line, "more than 1000 mistakes; the rest is not listed"});
    }
  }

  void read_line(std::string_view raw) {
    if (raw.size() > kMaxLine) {
      mistake(line_, fmt::format("the line is {} bytes long; at most 64 KiB", raw.size()));
      return;
    }
    if (raw.find('\0') != std::string_view::npos) {
      mistake(line_, "holds a NUL byte; a rule file is UTF-8 text");
      return;
    }
    const std::string_view line = trim(raw.substr(0, std::min(raw.find('#'), raw.size())));
    if (line.empty()) {
      return;
    }
    if (line.front() == '[') {
      read_header(line);
    } else {
      read_entry(line);
    }
  }

  void read_header(std::string_view line) {
    where_ = Where::bad_section;
    if (line.back() != ']') {
      mistake(line_, fmt::format("section header '{}' lacks its ']'", shown(line)));
      return;
    }
    const std::string_view inner = trim(line.substr(1, line.size() - 2));
    const auto kind_end = std::min(inner.find_first_of(kBlank), inner.size());
    const std::string_view name = trim(inner.substr(kind_end));
    if (inner.empty() || inner.find_first_of("[]") != std::string_view::npos ||
        name.find_first_of(kBlank) != std::string_view::npos) {
      mistake(line_,
              fmt::format("section header '{}' is not of the form [kind name]", shown(line)));
      return;
    }
    where_ = Where::section;
    out_.sections.push_back(
        {std::string(inner.substr(0, kind_end)), std::string(name), file_, line_, {}});
  }

  void read_entry(std::string_view line) {
    namespace po = boost::program_options;
    try {
      std::istringstream stream{std::string(line)};
      const auto parsed = po::parse_config_file(stream, nothing_registered_, true);
      if (parsed.options.size() != 1 || parsed.options.front().value.size() != 1 ||
          parsed.options.front().string_key.empty()) {
        mistake(line_, fmt::format("'{}' has no key; write key = value", shown(line)));
        return;
      }
      keep(parsed.options.front().string_key, parsed.options.front().value.front());
    } catch (const po::error&) {
      mistake(line_, fmt::format("'{}' is neither key = value nor [kind name]", shown(line)));
    }
  }

  void keep(const std::string& key, const std::string& value) {
    if (where_ == Where::section) {
      out_.sections.back().entries.push_back({key, value, line_});
    } else if (where_ == Where::top) {
      mistake(line_, fmt::format("'{}' stands before any [kind name]", shown(key)));
    }  // What stands in a section with a bad header has been reported by the header.
  }

  enum class Where { top, section, bad_section };

  std::string file_;
  int line_ = 1;
  Where where_ = Where::top;
  RuleFile out_;
  const boost::program_options::options_description nothing_registered_;
};

/// Edit distance in which two letters that changed places count once ("lmiit").
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::vector<std::size_t>, 3> rows;
  for (auto& row : rows) {
    row.resize(b.size() + 1);
  }
  for (std::size_t j = 0; j <= b.size(); ++j) {
    rows[0][j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& now = rows[i % 3];
    const auto& last = rows[(i + 2) % 3];
    const auto& before = rows[(i + 1) % 3];
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

const Entry* Section::find(std::string_view key) const {
  const auto hit = std::find_if(entries.rbegin(), entries.rend(),
                                [key](const Entry& entry) { return entry.key == key; });
  return hit == entries.rend() ? nullptr : &*hit;
}

RuleFile parse_rule_file(std::string_view text, std::string_view file) {
  Reader reader(file);
  reader.read(text);
  return reader.take();
}

RuleFile overlay(std::vector<RuleFile> layers_bottom_first) {
  RuleFile merged;
  for (RuleFile& layer : layers_bottom_first) {
    std::map<std::pair<std::string, std::string>, const Section*> seen;  // in this layer
    std::map<std::pair<std::string, std::string>, std::size_t> below;    // place in `merged`
    for (std::size_t i = 0; i < merged.sections.size(); ++i) {
      below.emplace(std::pair(merged.sections[i].kind, merged.sections[i].name), i);
    }
    std::move(layer.mistakes.begin(), layer.mistakes.end(), std::back_inserter(merged.mistakes));
    std::vector<Section> fresh;
    fresh.reserve(layer.sections.size());  // `seen` points into it
    for (Section& section : layer.sections) {
      const std::pair key(section.kind, section.name);
      if (const auto twin = seen.find(key); twin != seen.end()) {
        merged.mistakes.push_back(
            {section.file, section.line,
             fmt::format("a second [{} {}]; the first is at {}:{}", key.first, key.second,
                         twin->second->file, twin->second->line)});
        continue;
      }
      const auto place = below.find(key);
      Section& kept = place != below.end() ? merged.sections[place->second] : fresh.emplace_back();
      kept = std::move(section);
      seen.emplace(key, &kept);
    }
    merged.sections.insert(merged.sections.begin(), std::make_move_iterator(fresh.begin()),
                           std::make_move_iterator(fresh.end()));
  }
  return merged;
}

std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  const std::size_t near = word.size() <= 4 ? 1 : 2;
  std::size_t best = near + 1;
  std::string_view found;
  for (const std::string_view candidate : known) {
    const std::size_t gap = candidate.size() > word.size() ? candidate.size() - word.size()
                                                           : word.size() - candidate.size();
    if (gap > near) {
      continue;
    }
    if (const std::size_t distance = edit_distance(word, candidate); distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return std::string(found);
}

std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const auto comma = std::min(value.find(','), value.size());
    pieces.push_back(value.substr(0, comma));
    if (comma == value.size()) {
      break;
    }
    value.remove_prefix(comma + 1);
  }
  // A regular expression that holds commas: the pieces from one that begins with '/' to the first
  // that ends with '/', unless another item that begins with '/' (a path) comes between.
  const auto whole_regex = [&pieces](std::size_t first) {
    const std::string_view head = trim(pieces[first]);
    if (head.empty() || head.front() != '/' || (head.size() > 1 && head.back() == '/')) {
      return first;
    }
    for (std::size_t i = first + 1; i < pieces.size(); ++i) {
      const std::string_view piece = trim(pieces[i]);
      if (!piece.empty() && piece.front() == '/' && piece.size() > 1) {
        break;
      }
      if (!piece.empty() && piece.back() == '/') {
        return i;
      }
    }
    return first;
  };
  std::vector<std::string> items;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::size_t last = whole_regex(i);
    const char* const begin = pieces[i].data();
    const char* const end = pieces[last].data() + pieces[last].size();
    const std::string_view item = trim({begin, static_cast<std::size_t>(end - begin)});
    if (!item.empty()) {
      items.emplace_back(item);
    }
    i = last;
  }
  return items;
}

}  // namespace auexfil::input
