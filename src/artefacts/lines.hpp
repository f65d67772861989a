#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>

namespace auexfil::artefacts {

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// In lower case, as far as it is ASCII.
[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return made;
}

/// Without the quotes around it, single or double.
[[nodiscard]] inline std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                         text.back() == text.front();
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

/// Takes the next word off `text`, blanks before it too.
[[nodiscard]] inline std::string_view take_word(std::string_view& text) {
  const auto first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

/// Calls `use(line, number)` with each line, without its newline; numbers count from 1.
template <typename Use>
void each_line(std::string_view text, Use use) {
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// The same, lines that end with a backslash joined with those below; the number is the first's.
/// \param joint  that stands for the backslash and the newline.
template <typename Use>
void each_joined_line(std::string_view text, std::string_view joint, Use use) {
  std::string joined;
  std::uint32_t begun = 0;
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    begun = begun == 0 ? number : begun;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.ends_with('\\')) {
      joined.append(line.substr(0, line.size() - 1)).append(joint);
      return;
    }
    joined.append(line);
    use(std::string_view(joined), begun);
    joined.clear();
    begun = 0;
  });
  if (!joined.empty()) {
    use(std::string_view(joined), begun);
  }
}

[[nodiscard]] inline std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace auexfil::artefacts
