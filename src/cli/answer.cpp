#include "answer.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "auexfil/facts/fact_reader.hpp"
#include "auexfil/input/fnv.hpp"
#include "auexfil/report/json.hpp"

namespace auexfil::cli {
namespace {

class Hash {
 public:
  void add(std::string_view text) { hash_ = input::fnv(hash_, text); }
  void add(std::uint64_t number) { hash_ = input::fnv(hash_, number); }
  void add(const std::optional<std::string>& text) {
    add(std::uint64_t{text.has_value()});
    add(std::string_view(text ? *text : std::string()));
  }
  void add(const input::Names& names) {
    const auto add_all = [&](const auto& by_number) {
      for (const auto& [number, name] : std::map(by_number.begin(), by_number.end())) {
        add(std::uint64_t{number});
        add(std::string_view(name));
      }
      add(UINT64_MAX);
    };
    add_all(names.users);
    add_all(names.groups);
  }
  /// As far as its size and time tell.
  void add(const input::LogFile& file) {
    input::Tree::Info info;
    add(std::string_view(file.name));
    if (file.tree->stat(file.path, info) == 0) {
      add(info.inode);
      add(info.bytes);
      add(static_cast<std::uint64_t>(info.changed));
    }
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = input::kFnvBegin;
};

void add_options(const Options& options, Hash& hash) {
  hash.add(options.role);
  hash.add(options.host);
  hash.add(options.node);
  for (const audit::Cidr& allow : options.allows) {
    hash.add(std::string_view(allow.network.to_string()));
    hash.add(std::uint64_t{allow.prefix});
  }
  for (const std::uint64_t number :
       {std::uint64_t{options.mask}, static_cast<std::uint64_t>(options.keep_days),
        options.max_memory, std::uint64_t{options.max_argv_bytes},
        std::uint64_t{options.max_string_bytes}, std::uint64_t{options.max_descriptors},
        std::uint64_t{options.max_nodes}, std::uint64_t{options.max_processes},
        std::uint64_t{options.max_open_events}}) {
    hash.add(number);
  }
}

void add_inputs(const pipeline::Inputs& inputs, Hash& hash) {
  hash.add(inputs.host);
  hash.add(inputs.names);
  for (const input::LogSet& set : inputs.sets) {
    hash.add(std::string_view(set.label));
    hash.add(std::string_view(set.host));
    if (set.names != nullptr) {
      hash.add(*set.names);
    }
  }
  for (const auto& logs : inputs.system_logs) {
    hash.add(std::uint64_t{logs != nullptr});
    if (logs != nullptr) {
      for (const input::LogFile& file : logs->files()) {
        hash.add(file);
      }
    }
  }
}

/// Of files that change without the rules.
bool has_lists(const RuleLayers& rules) {
  return std::any_of(rules.layers.begin(), rules.layers.end(), [](const input::RuleFile& layer) {
    return std::any_of(layer.sections.begin(), layer.sections.end(),
                       [](const input::Section& section) { return section.kind == "list"; });
  });
}

}  // namespace

std::optional<std::uint64_t> question_of(const Options& options, const RuleLayers& rules,
                                         const pipeline::Inputs& inputs) {
  const bool asks_more = !options.root.empty() || !options.baseline.empty() ||
                         !options.flows.empty() || !options.geo.empty() || options.start ||
                         options.end || has_lists(rules);
  if (asks_more || !inputs.archives.empty() || inputs.sets.empty()) {
    return std::nullopt;
  }
  Hash hash;
  hash.add(std::string_view(AUEXFIL_VERSION));
  hash.add(hash_of(rules));
  add_options(options, hash);
  add_inputs(inputs, hash);
  return hash.value();
}

std::string text_of(const std::vector<coverage::HostCoverage>& hosts) {
  report::Options whole;
  whole.mask = false;  // the report masks, where it is asked to
  std::string text;
  for (const coverage::HostCoverage& host : hosts) {
    report::append_json(text, host, whole);
  }
  return text;
}

std::optional<std::vector<coverage::HostCoverage>> hosts_of(const std::string& text) {
  std::vector<coverage::HostCoverage> hosts;
  facts::FactSink sink;
  sink.coverage = [&hosts](const coverage::HostCoverage& host) { hosts.push_back(host); };
  facts::FactReader reader(std::move(sink));
  reader.begin_file("state");
  reader.feed(text);
  static_cast<void>(reader.end_file());
  return reader.mistake_count() == 0 ? std::optional(std::move(hosts)) : std::nullopt;
}

}  // namespace auexfil::cli
