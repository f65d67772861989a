#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "file_list.hpp"
#include "rule_keys.hpp"
#include "store.hpp"

/// `files = /srv/secret/*`: what the programs of a transfer read. Files that the log does not have
/// are none of anything.
namespace auexfil::policy {
namespace {

void read(SectionReader& reader, const input::Entry& /*entry*/, RuleKeys& keys) {
  keys.files = reader.patterns("files");
}

bool is_given(const RuleKeys& keys) {
  return !keys.files.empty();
}

bool matches(const Rule& rule, std::string_view path, PatternProblems& problems) {
  return any_matches(rule.keys.files, path, "[rule " + rule.name + "]", problems);
}

bool holds(const Rule& rule, PatternProblems& problems, const AskedTransfer& transfer) {
  for (FileList files(transfer.files); files.next();) {
    if (matches(rule, files.path(), problems)) {
      return true;
    }
  }
  return false;
}

/// Each path once, in the order of the transfers.
void tell(const Store& store, const Rule& rule, Rows rows, std::vector<std::string>& reasons) {
  std::vector<std::string> paths;
  std::uint64_t more = 0;
  constexpr std::size_t kMostNamed = 3;
  PatternProblems known;
  const std::uint32_t* before = nullptr;
  for (const std::uint32_t& row : rows) {
    if (before != nullptr && store.rows[*before].transfer == store.rows[row].transfer) {
      continue;
    }
    before = &row;
    for (FileList files(store.texts.text(store.files[store.rows[row].transfer])); files.next();) {
      const std::string_view path = files.path();
      if (matches(rule, path, known) &&
          std::find(paths.begin(), paths.end(), path) == paths.end()) {
        paths.size() < kMostNamed ? paths.emplace_back(path), true : ++more;
      }
    }
  }
  reasons.push_back(fmt::format("read {}{}", fmt::join(paths, ", "),
                                more == 0 ? "" : fmt::format(" and {} more such", more)));
}

}  // namespace

const RuleKey kFilesKey = {
    .name = "files", .read = read, .is_given = is_given, .holds_of = holds, .tell = tell};

}  // namespace auexfil::policy
