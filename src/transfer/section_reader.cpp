#include "section_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace auexfil::transfer {

void SectionReader::mistake(const input::Entry& entry, std::string what) const {
  mistakes.push_back({section.file, entry.line, std::move(what)});
}

void SectionReader::mistake(std::string what) const {
  mistakes.push_back({section.file, section.line, std::move(what)});
}

void SectionReader::unknown_key(const input::Entry& entry,
                                const std::vector<std::string_view>& known) const {
  const std::string near = input::nearest_word(entry.key, known);
  mistake(entry,
          fmt::format("unknown key '{}' in [{} {}]{}", entry.key, section.kind, section.name,
                      near.empty() ? std::string{} : fmt::format("; did you mean '{}'?", near)));
}

void SectionReader::patterns(const input::Entry& entry, input::Patterns& to) const {
  for (const std::string& item : input::split_list(entry.value)) {
    std::string error;
    to.push_back(input::Pattern::compile(item, &error));
    if (!error.empty()) {
      mistake(entry, error);
    }
  }
}

void SectionReader::options(const input::Entry& entry, std::vector<std::string>& to) const {
  for (std::string& item : input::split_list(entry.value)) {
    if (item.size() < 2 || item.front() != '-') {
      mistake(entry, fmt::format("'{}' is no option: it begins with '-'", item));
    } else {
      to.push_back(std::move(item));
    }
  }
}

void SectionReader::number(const input::Entry& entry, std::string_view what,
                           std::size_t& to) const {
  const char* const end = entry.value.data() + entry.value.size();
  const auto [rest, error] = std::from_chars(entry.value.data(), end, to);
  if (error != std::errc{} || rest != end || to == 0) {
    mistake(entry,
            fmt::format("{} is a number of {}, 1 or more, not '{}'", entry.key, what, entry.value));
  }
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t start = text.find_first_not_of(' ', at);
    if (start == std::string_view::npos) {
      break;
    }
    const std::size_t end = std::min(text.find(' ', start), text.size());
    words.emplace_back(text.substr(start, end - start));
    at = end;
  }
  return words;
}

}  // namespace auexfil::transfer
