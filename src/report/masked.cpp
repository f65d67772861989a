#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/report/mask.hpp"

namespace auexfil::report {
namespace {

void mask_each(std::vector<std::string>& sentences) {
  for (std::string& sentence : sentences) {
    sentence = mask_text(sentence);
  }
}

void mask_maybe(std::optional<std::string>& text) {
  if (text) {
    text = mask_text(*text);
  }
}

void mask_job(std::optional<transfer::Job>& job) {
  if (job) {
    job->what = mask_text(job->what);
  }
}

void mask_sender(policy::Sender& sender) {
  mask_job(sender.job);
  mask_maybe(sender.script);
  sender.command = mask_argv(sender.command);
  mask_each(sender.chain);
}

}  // namespace

namespace {

/// \param text masks a text in place, \param argv the words of a command line.
template <typename Text, typename Argv>
void mask_fact(transfer::Fact& fact, const Text& text, const Argv& argv) {
  for (transfer::Reason& reason : fact.reasons) {
    text(reason.text);
  }
  if (fact.job) {
    text(fact.job->what);
  }
  argv(fact.process.argv);
  for (transfer::Program& program : fact.lineage) {
    argv(program.argv);
  }
  if (fact.script) {
    text(*fact.script);
  }
  for (transfer::Destination& to : fact.destinations) {
    if (to.name) {
      text(*to.name);
    }
  }
  for (std::string& note : fact.notes) {
    text(note);
  }
}

/// Words with their lengths in front: no two lists give the same.
std::string key_of(const std::vector<std::string>& argv) {
  std::string key;
  for (const std::string& word : argv) {
    key += std::to_string(word.size());
    key += ' ';
    key += word;
  }
  return key;
}

}  // namespace

transfer::Fact masked(transfer::Fact fact) {
  mask_fact(
      fact, [](std::string& text) { text = mask_text(text); },
      [](std::vector<std::string>& argv) { argv = mask_argv(argv); });
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

const transfer::Fact& Masker::shown(const transfer::Fact& fact) {
  if (!wanted_) {
    return fact;
  }
  shown_ = fact;
  mask(shown_);
  return shown_;
}

void Masker::mask(transfer::Fact& fact) {
  const auto text = [this](std::string& value) {
    auto known = texts_.find(value);
    if (known == texts_.end()) {
      std::string changed = mask_text(value);
      make_room(2 * value.size());
      known = texts_.emplace(value, std::nullopt).first;
      if (changed != value) {
        known->second = std::move(changed);
      }
    }
    if (known->second) {
      value = *known->second;
    }
  };
  const auto argv = [this](std::vector<std::string>& value) {
    std::string key = key_of(value);
    auto known = argvs_.find(key);
    if (known == argvs_.end()) {
      std::vector<std::string> changed = mask_argv(value);
      make_room(2 * key.size());
      known = argvs_.emplace(std::move(key), std::nullopt).first;
      if (changed != value) {
        known->second = std::move(changed);
      }
    }
    if (known->second) {
      value = *known->second;
    }
  };
  mask_fact(fact, text, argv);
}

policy::Finding masked(policy::Finding finding) {
  for (auto& [key, value] : finding.group) {
    value = mask_text(value);
  }
  mask_sender(finding);
  for (policy::Finding::Destination& to : finding.destinations) {
    to.address = mask_text(to.address);
    mask_sender(to.sender);
  }
  mask_each(finding.reasons);
  return finding;
}

coverage::HostCoverage masked(coverage::HostCoverage coverage) {
  mask_each(coverage.reasons);
  for (coverage::Gap& gap : coverage.gaps) {
    gap.why = mask_text(gap.why);
  }
  return coverage;
}

}  // namespace auexfil::report
