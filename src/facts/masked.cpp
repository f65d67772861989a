#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/facts/mask.hpp"
#include "auexfil/input/text_hash.hpp"

namespace auexfil::facts {
namespace {

void mask_maybe(std::optional<std::string>& text) {
  if (text) {
    text = mask_text(*text);
  }
}

}  // namespace

Fact masked(Fact fact) {
  for (Reason& reason : fact.reasons) {
    reason.text = mask_text(reason.text);
  }
  if (fact.job) {
    fact.job->what = mask_text(fact.job->what);
  }
  fact.process.argv = mask_argv(fact.process.argv);
  for (Program& program : fact.lineage) {
    program.argv = mask_argv(program.argv);
  }
  mask_maybe(fact.script);
  for (Destination& to : fact.destinations) {
    mask_maybe(to.name);
  }
  for (std::string& note : fact.notes) {
    note = mask_text(note);
  }
  return fact;
}

void Masker::make_room(std::size_t bytes) {
  constexpr std::size_t kMost = std::size_t{512} << 10U;
  if (bytes_ + bytes > kMost) {
    texts_.clear();
    argvs_.clear();
    bytes_ = 0;
  }
  bytes_ += bytes;
}

void Masker::redact(std::string& text) {
  const std::size_t hash = input::text_hash(text);
  const auto [begin, end] = texts_.equal_range(hash);
  auto known = std::find_if(begin, end, [&](const auto& one) { return one.second.text == text; });
  if (known == end) {
    std::string changed = mask_text(text);
    make_room(2 * text.size());
    known = texts_.emplace(hash, Text{text, std::nullopt});
    if (changed != text) {
      known->second.masked = std::move(changed);
    }
  }
  if (known->second.masked) {
    text = *known->second.masked;
  }
}

void Masker::redact(std::vector<std::string>& argv) {
  std::size_t hash = argv.size();
  std::size_t bytes = 0;
  for (const std::string& word : argv) {
    hash = (hash ^ input::text_hash(word)) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29U;
    bytes += word.size() + sizeof(std::string);
  }
  const auto [begin, end] = argvs_.equal_range(hash);
  auto known = std::find_if(begin, end, [&](const auto& one) { return one.second.argv == argv; });
  if (known == end) {
    std::vector<std::string> changed = mask_argv(argv);
    make_room(2 * bytes);
    known = argvs_.emplace(hash, Argv{argv, std::nullopt});
    if (changed != argv) {
      known->second.masked = std::move(changed);
    }
  }
  if (known->second.masked) {
    argv = *known->second.masked;
  }
}

}  // namespace auexfil::facts
