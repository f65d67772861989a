#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/facts/mask.hpp"
#include "auexfil/input/text_hash.hpp"

namespace auexfil::facts {
namespace {

/// Remembers nothing.
struct PlainMasker final : Redactor {
  void redact(std::string& text) override { text = mask_text(text); }
  bool redact(std::vector<std::string>& argv) override {
    std::vector<std::string> masked = mask_argv(argv);
    const bool has_changed = masked != argv;
    argv = std::move(masked);
    return has_changed;
  }
  [[nodiscard]] std::unique_ptr<Redactor> another() const override {
    return std::make_unique<PlainMasker>();
  }
};

}  // namespace

void redact_texts(Fact& fact, Redactor& redactor) {
  for (Reason& reason : fact.reasons) {
    redactor.redact(reason.text);
  }
  if (fact.job) {
    redactor.redact(fact.job->what);
  }
  if (fact.script) {
    redactor.redact(*fact.script);
  }
  for (Destination& to : fact.destinations) {
    if (to.name) {
      redactor.redact(*to.name);
    }
  }
  for (std::string& note : fact.notes) {
    redactor.redact(note);
  }
  for (FileUse& file : fact.files) {
    redactor.redact(file.path);
  }
}

Fact masked(Fact fact) {
  PlainMasker masker;
  redact_texts(fact, masker);
  masker.redact(fact.process.argv);
  for (Program& program : fact.lineage) {
    masker.redact(program.argv);
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

bool Masker::redact(std::vector<std::string>& argv) {
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
    return true;
  }
  return false;
}

}  // namespace auexfil::facts
