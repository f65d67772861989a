#include "unit_file.hpp"

#include <utility>

#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostValues = 256;  // of a key

/// Options that are one list: an empty value of any of them ends all that stand before
/// (systemd.timer(5), systemd.path(5)).
bool is_one_list(std::string_view section, std::string_view key) {
  return section == "Timer"
             ? key == "OnCalendar" || (key.starts_with("On") && key.ends_with("Sec"))
             : section == "Path" && (key.starts_with("Path") || key == "DirectoryNotEmpty");
}

}  // namespace

void UnitSettings::read(std::string_view text) {
  std::string section;
  std::string joined;
  each_line(text, [&](std::string_view line, std::uint32_t) {
    line = trimmed(line);
    if (line.starts_with('#') || line.starts_with(';')) {
      return;  // between joined lines as well
    }
    if (line.ends_with('\\')) {
      joined.append(line.substr(0, line.size() - 1)).append(" ");
      return;
    }
    joined.append(line);
    const std::string whole = std::exchange(joined, {});
    line = trimmed(whole);
    const std::size_t equals = line.find('=');
    if (line.starts_with('[') && line.ends_with(']')) {
      section = line.substr(1, line.size() - 2);
    } else if (equals != std::string_view::npos) {
      const std::string_view value = trimmed(line.substr(equals + 1));
      const std::string_view key = trimmed(line.substr(0, equals));
      std::vector<std::string>& values = values_[section + "." + std::string(key)];
      if (value.empty()) {
        values.clear();
        reset_list(section, key);
      } else if (values.size() < kMostValues) {
        values.emplace_back(value);
      }
    }
  });
}

void UnitSettings::reset_list(std::string_view section, std::string_view key) {
  if (!is_one_list(section, key)) {
    return;
  }
  for (auto& [name, values] : values_) {
    if (name.starts_with(section) && name.substr(section.size()).starts_with('.') &&
        is_one_list(section, std::string_view(name).substr(section.size() + 1))) {
      values.clear();
    }
  }
}

const std::vector<std::string>& UnitSettings::all(std::string_view key) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(key);
  return found == values_.end() ? none : found->second;
}

std::string_view UnitSettings::last(std::string_view key) const {
  const std::vector<std::string>& values = all(key);
  return values.empty() ? std::string_view() : std::string_view(values.back());
}

}  // namespace auexfil::artefacts
