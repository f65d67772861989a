#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "commands.hpp"
#include "lines.hpp"

/// What find(1) starts: words of its own command line.
namespace auexfil::artefacts {
namespace {

bool is_word(const Word& word, std::string_view text) {
  return word.is_plain() && word.pieces.front() == text;
}

bool is_action(const Word& word) {
  constexpr std::array<std::string_view, 4> kActions = {"-exec", "-execdir", "-ok", "-okdir"};
  return word.is_plain() &&
         std::find(kActions.begin(), kActions.end(), word.pieces.front()) != kActions.end();
}

/// {} stands for a file that only the run knows.
/// \param many  the last one of `{} +`: as many as there are.
Word with_file(const Word& word, bool many) {
  constexpr std::string_view kFile = "{}";
  Word made;
  made.any_count = word.any_count || many;
  for (std::size_t i = 0; i < word.pieces.size(); ++i) {
    const std::string& piece = word.pieces[i];
    std::size_t from = 0;
    for (std::size_t at = piece.find(kFile); at != std::string::npos;
         at = piece.find(kFile, from)) {
      made.pieces.push_back(piece.substr(from, at - from));
      made.names.emplace_back();
      from = at + kFile.size();
    }
    made.pieces.push_back(piece.substr(from));
    made.names.push_back(i < word.names.size() ? word.names[i] : std::string());
  }
  return made;
}

/// Where the command that begins at `from` ends; the number of words: it is not ended.
std::size_t end_of(const Words& words, std::size_t from) {
  for (std::size_t i = from; i < words.size(); ++i) {
    const bool is_list = i > from && is_word(words[i], "+") && is_word(words[i - 1], "{}");
    if (is_list || is_word(words[i], ";")) {
      return i;
    }
  }
  return words.size();
}

}  // namespace

bool is_find(const Word& word) {
  return word.is_plain() && base_name(word.pieces.front()) == "find";
}

std::vector<Words> commands_of_find(const Words& words) {
  std::vector<Words> found;
  const auto before =
      words.begin() + static_cast<std::ptrdiff_t>(std::min(words.size(), kMostWrappers));
  const auto find = std::find_if(words.begin(), before, is_find);
  for (auto i = static_cast<std::size_t>(find - words.begin()) + 1;
       find != before && i < words.size(); ++i) {
    if (!is_action(words[i])) {
      continue;
    }
    const std::size_t end = end_of(words, i + 1);
    if (end == words.size()) {
      break;  // find refuses it
    }
    const bool is_list = is_word(words[end], "+");
    Words inner;
    for (std::size_t at = i + 1; at < end; ++at) {
      inner.push_back(with_file(words[at], is_list && at + 1 == end));
    }
    if (!inner.empty()) {
      found.push_back(std::move(inner));
    }
    i = end;
  }
  return found;
}

}  // namespace auexfil::artefacts
