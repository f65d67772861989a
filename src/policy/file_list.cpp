#include "file_list.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace auexfil::policy {
namespace {

constexpr std::size_t kMaxFiles = std::size_t{64} << 10;

std::string_view take_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('\0'));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const bool is_one = std::from_chars(digits.data(), end, number).ec == std::errc();
  return is_one ? std::optional(number) : std::nullopt;
}

}  // namespace

void append_files(std::string& text, const facts::Fact& fact) {
  if (fact.files_count == 0 && fact.files.empty()) {
    return;
  }
  const std::size_t begin = text.size();
  fmt::format_to(std::back_inserter(text), "{}", fact.files_count);
  text += '\0';
  for (const facts::FileUse& file : fact.files) {
    if (text.size() - begin + file.path.size() >= kMaxFiles) {
      break;
    }
    text += file.path;
    text += '\0';
    if (file.bytes) {
      fmt::format_to(std::back_inserter(text), "{}", *file.bytes);
    }
    text += '\0';
    fmt::format_to(std::back_inserter(text), "{}", static_cast<unsigned>(file.basis));
    text += '\0';
  }
}

FileList::FileList(std::string_view text) : rest_(text) {
  count_ = number_of(take_part(rest_)).value_or(0);
}

bool FileList::next() {
  const bool is_there = !rest_.empty();
  path_ = take_part(rest_);
  bytes_ = take_part(rest_);
  basis_ = take_part(rest_);
  return is_there;
}

facts::FileUse FileList::file() const {
  facts::FileUse file;
  file.path = path_;
  file.bytes = number_of(bytes_);
  file.basis = static_cast<facts::FileBasis>(number_of(basis_).value_or(0));
  return file;
}

}  // namespace auexfil::policy
