#include "reader.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

/// Of a path of which a part is not there, or is no folder, or loops: nothing stands there.
bool is_missing(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

}  // namespace

std::string_view as_link(std::string_view text) {
  constexpr std::size_t kMostPath = 1024;
  const bool is_path = text.size() > 1 && text.size() <= kMostPath &&
                       (text.starts_with('/') || text.starts_with("../")) &&
                       text.find_first_of(" \t\n\r[=#;") == std::string_view::npos;
  return is_path ? text : std::string_view();
}

void Reader::note_unread(const std::string& path, int error) {
  if (!is_missing(error) && found_.unread++ == 0) {
    found_.first_unread = path;
  }
}

std::optional<std::string> Reader::text(const std::string& path) {
  input::Tree::Info info;
  if (const int error = image_.stat(path, info); error != 0) {
    note_unread(path, error);
    return std::nullopt;
  }
  if (info.kind != input::Tree::Kind::file) {
    return std::nullopt;
  }
  if (files_ >= bounds_.files || bytes_ >= bounds_.all_bytes) {
    reached("artefact_files");
    return std::nullopt;
  }
  ++files_;
  int error = 0;
  const std::unique_ptr<input::ByteSource> source = image_.open(path, error);
  if (source == nullptr) {
    note_unread(path, error);
    return std::nullopt;
  }
  std::string text;
  const std::size_t most = std::min(bounds_.file_bytes, bounds_.all_bytes - bytes_);
  bool more = true;
  while (more && text.size() <= most) {
    constexpr std::size_t kStep = 8192;
    const std::size_t before = text.size();
    text.resize(before + kStep);
    const std::size_t got = source->read(text.data() + before, kStep);
    text.resize(before + got);
    more = got > 0;
  }
  if (source->error() != 0) {
    note_unread(path, source->error());
  }
  if (text.size() > most) {
    reached("artefact_bytes");
    if (found_.cut++ == 0) {
      found_.first_cut = path;
    }
    text.resize(most);
    text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  }
  bytes_ += text.size();
  return text;
}

std::optional<std::vector<std::string>> Reader::names(const std::string& folder) {
  std::vector<input::Tree::Entry> entries;
  if (const int error = image_.list(folder, entries); error != 0) {
    note_unread(folder, error);
    if (entries.empty()) {
      return std::nullopt;
    }
  }
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (input::Tree::Entry& entry : entries) {
    names.push_back(std::move(entry.name));
  }
  std::sort(names.begin(), names.end());
  if (names.size() > bounds_.entries) {
    reached("artefact_entries");
    names.resize(bounds_.entries);
  }
  return names;
}

bool Reader::is_folder(const std::string& path) const {
  input::Tree::Info info;
  return image_.stat(path, info) == 0 && info.kind == input::Tree::Kind::folder;
}

bool Reader::is_file(const std::string& path) const {
  return image_.is_file(path);
}

std::string Reader::beginning(const std::string& path, std::size_t size) const {
  std::string text;
  int error = 0;
  const auto source = image_.is_file(path) ? image_.open(path, error) : nullptr;
  text.resize(source == nullptr ? 0 : size);
  text.resize(source == nullptr ? 0 : source->read(text.data(), size));
  return text;
}

bool Reader::is_executable(const std::string& path) const {
  constexpr std::uint32_t kAny = 0111;
  input::Tree::Info info;
  return image_.stat(path, info) == 0 && (info.mode & kAny) != 0;
}

std::string Reader::real_path(const std::string& path) const {
  return image_.real_path(path);
}

std::string Reader::link_target(const std::string& path) {
  std::string target;
  if (image_.read_link(path, target) == 0) {
    return target;
  }
  return std::string(as_link(text(path).value_or(std::string())));
}

void Reader::add(Artefact artefact) {
  if (artefact.command.size() > bounds_.command_bytes) {
    reached("artefact_command_bytes");
    return;
  }
  if (found_.artefacts.size() >= bounds_.artefacts) {
    reached("artefacts");
    return;
  }
  if (!artefact.uid && !artefact.user.empty()) {
    if (const Account* const account = found_.account(artefact.user)) {
      artefact.uid = account->uid;
    }
  }
  variables_ += size_of(artefact.variables);
  if (variables_ > bounds_.variable_bytes) {
    reached("artefact_variables");
    artefact.variables.clear();
  }
  found_.artefacts.push_back(std::move(artefact));
}

}  // namespace auexfil::artefacts
