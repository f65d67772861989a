#include "collection.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "own_log.hpp"

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSmall = std::size_t{1} << 20;

bool is_folder(const Tree& tree, const fs::path& path) {
  Tree::Info info;
  return tree.stat(path.string(), info) == 0 && info.kind == Tree::Kind::folder;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "etl-01" of "sosreport-etl-01-0123456-2026-12-02-abcdefg".
std::string host_of_sosreport(std::string_view rest) {
  constexpr std::size_t kBehindHost = 4;  // year, month, day, some letters
  for (std::size_t i = 0; i < kBehindHost; ++i) {
    const auto dash = rest.rfind('-');
    if (dash == std::string_view::npos) {
      return {};
    }
    rest = rest.substr(0, dash);
  }
  // The number of a support case may stand behind the host.
  constexpr std::size_t kFewestDigits = 5;
  const auto dash = rest.rfind('-');
  const std::string_view last = rest.substr(dash == std::string_view::npos ? 0 : dash + 1);
  const bool is_case = last.size() >= kFewestDigits &&
                       last.find_first_not_of("0123456789") == std::string_view::npos;
  return std::string(dash != std::string_view::npos && is_case ? rest.substr(0, dash) : rest);
}

/// "etl-01" of "uac-etl-01-linux-20261202010203".
std::string host_of_uac(std::string_view rest) {
  const auto time = rest.rfind('-');
  if (time == std::string_view::npos || time + 1 == rest.size() || !is_digit(rest[time + 1])) {
    return {};
  }
  rest = rest.substr(0, time);
  return std::string(
      rest.substr(0, rest.rfind('-') == std::string_view::npos ? 0 : rest.rfind('-')));
}

/// "etl-01" of "Collection-etl-01-2026-12-02T01_02_03Z": what stands before the year.
std::string host_of_velociraptor(std::string_view rest) {
  constexpr std::size_t kYear = 4;
  for (auto dash = rest.find('-'); dash != std::string_view::npos;
       dash = rest.find('-', dash + 1)) {
    const std::string_view behind = rest.substr(dash + 1);
    if (behind.size() > kYear && behind.starts_with("20") && is_digit(behind[2]) &&
        is_digit(behind[3]) && behind[kYear] == '-') {
      return std::string(rest.substr(0, dash));
    }
  }
  return {};
}

/// client_info.json of Velociraptor's collections, of several of its versions.
std::string host_of_client_info(const Tree& tree, const fs::path& folder) {
  const SmallFile file = read_small(tree, (folder / "client_info.json").string(), kMaxSmall);
  if (file.state != SmallFile::State::read) {
    return {};
  }
  simdjson::dom::parser parser;
  simdjson::dom::element top;
  if (parser.parse(file.text).get(top) != simdjson::SUCCESS) {
    return {};
  }
  simdjson::dom::element os;
  if (top["os_info"].get(os) != simdjson::SUCCESS) {
    os = top;
  }
  for (const simdjson::dom::element& where : {top, os}) {
    for (const char* const key : {"Hostname", "hostname", "Fqdn", "fqdn"}) {
      std::string_view name;
      if (where[key].get(name) == simdjson::SUCCESS && !name.empty()) {
        return std::string(name.substr(0, kMaxHostname));
      }
    }
  }
  return {};
}

std::string host_of_live_response(const Tree& tree, const fs::path& folder) {
  const fs::path path = folder / "live_response/network/hostname.txt";
  return first_word(read_small(tree, path.string(), kMaxSmall).text).substr(0, kMaxHostname);
}

/// The image in whose var/log a log lies: a folder above it.
/// \return false where it lies nowhere such.
bool find_image(const fs::path& folder, fs::path& image) {
  const std::vector<fs::path> parts(folder.begin(), folder.end());
  for (std::size_t end = parts.size(); end > 0; --end) {
    const bool is_log = end > 1 && parts[end - 2] == "var" && parts[end - 1] == "log";
    const bool is_tail = parts[end - 1] == "sos_strings";  // a log's end, as sosreport keeps it
    if (is_log || is_tail) {
      image.clear();
      for (std::size_t i = 0; i + (is_log ? 2 : 1) < end; ++i) {
        image /= parts[i];
      }
      return true;
    }
  }
  return false;
}

/// Whether `path` is `top` or lies in it.
bool is_within(const fs::path& path, const fs::path& top) {
  const fs::path inner = (path / "").lexically_normal();
  const fs::path outer = top.empty() ? top : (top / "").lexically_normal();
  return outer.empty() || outer == "./" || inner.string().starts_with(outer.string());
}

/// What people read in place of a folder's path.
std::string shown_of(const fs::path& folder, const fs::path& top, const std::string& shown) {
  const fs::path below = top.empty() ? folder : folder.lexically_relative(top);
  const std::string text = below.lexically_normal().string();
  return shown + (text.empty() || text == "." ? std::string() : text + "/");
}

/// The folder of a log, or the one above where that is of auditd alone.
Surroundings beside_log(const std::shared_ptr<const Tree>& tree, fs::path folder,
                        const fs::path& top, const std::string& shown) {
  if (folder.filename() == "audit" && is_within(folder.parent_path(), top)) {
    folder = folder.parent_path();
  }
  return is_within(folder, top)
             ? Surroundings{rooted(tree, folder.string()), shown_of(folder, top, shown), false}
             : Surroundings{};
}

}  // namespace

std::string host_of_collection(std::string_view name) {
  for (const std::string_view end :
       {"!", ".gz", ".xz", ".bz2", ".zst", ".tgz", ".txz", ".tar", ".zip"}) {
    if (name.ends_with(end)) {
      name.remove_suffix(end.size());
    }
  }
  constexpr std::array<std::pair<std::string_view, std::string (*)(std::string_view)>, 3> kKinds = {
      {{"sosreport-", host_of_sosreport},
       {"uac-", host_of_uac},
       {"Collection-", host_of_velociraptor}}};
  for (const auto& [front, read] : kKinds) {
    if (name.starts_with(front)) {
      return read(name.substr(front.size())).substr(0, kMaxHostname);
    }
  }
  return {};
}

std::string root_in_collection(const Tree& tree, const std::string& top) {
  const auto root_below = [&tree](const fs::path& folder) -> std::string {
    for (const char* const part : {"[root]", "uploads/auto", "uploads/file"}) {
      if (is_folder(tree, folder / part)) {
        return (folder / part).string();
      }
    }
    return {};
  };
  if (is_folder(tree, fs::path(top) / "etc") || is_folder(tree, fs::path(top) / "var")) {
    return top;
  }
  if (std::string found = root_below(top); !found.empty()) {
    return found;
  }
  std::vector<Tree::Entry> entries;
  static_cast<void>(tree.list(top, entries));
  std::string only;
  for (const Tree::Entry& entry : entries) {
    if (entry.kind == Tree::Kind::folder && !only.empty()) {
      return top;
    }
    only = entry.kind == Tree::Kind::folder ? entry.name : only;
  }
  const fs::path below = fs::path(top) / only;
  if (only.empty()) {
    return top;
  }
  if (std::string found = root_below(below); !found.empty()) {
    return found;
  }
  return is_folder(tree, below / "etc") || is_folder(tree, below / "var") ? below.string() : top;
}

Machine machine_of(const std::shared_ptr<const Tree>& tree, const std::string& folder,
                   const std::string& top, const std::string& way, const std::string& shown) {
  Machine machine;
  fs::path image;
  if (!find_image(folder, image) || !is_within(image, top)) {
    machine.around = beside_log(tree, folder, top, shown);
    return machine;
  }
  DiskImage opened = open_image(tree, image.string());
  machine.around = {opened.tree, shown_of(image, top, shown), true};
  machine.host = std::move(opened.hostname);
  if (!opened.names.users.empty()) {
    machine.names = std::make_shared<const Names>(std::move(opened.names));
  }
  // The collector's own files stand beside the image, at most two folders up.
  fs::path beside = image;
  for (int up = 0; up < 3 && machine.host.empty() && is_within(beside, top); ++up) {
    machine.host = host_of_client_info(*tree, beside);
    if (machine.host.empty()) {
      machine.host = host_of_live_response(*tree, beside);
    }
    if (beside.empty()) {
      break;
    }
    beside = beside.parent_path();
  }
  const fs::path whole = fs::path(way) / image;
  const std::vector<fs::path> parts(whole.begin(), whole.end());
  for (std::size_t i = parts.size(); i > 0 && machine.host.empty(); --i) {
    machine.host = host_of_collection(parts[i - 1].string());
  }
  return machine;
}

}  // namespace auexfil::input
