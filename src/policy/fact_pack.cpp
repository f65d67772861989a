#include "auexfil/policy/fact_pack.hpp"

#include <algorithm>

#include "auexfil/input/text_hash.hpp"
#include "file_list.hpp"
#include "job_command.hpp"
#include "user_key.hpp"

namespace auexfil::policy {
namespace {

/// A finding shows a command; `explain` shows the two megabytes that the kernel lets it have.
constexpr std::size_t kMaxText = 8192;

/// Programs of a chain that are worth showing.
constexpr std::size_t kMaxChain = 16;

/// What a sum of many addresses goes to. No host is called so.
constexpr std::string_view kOthers = "other addresses";

std::string_view name_of(const facts::Program& program) {
  if (!program.comm.empty()) {
    return program.comm;
  }
  const std::string_view exe = program.exe;
  const std::string_view base = exe.substr(exe.rfind('/') + 1);
  return base.empty() ? std::string_view("?") : base;
}

}  // namespace

void FactPack::clear() {
  entries_.clear();
  destinations_.clear();
  together_.clear();
  text_.clear();
}

void FactPack::end_text(Entry& entry, Kind kind) {
  const std::string_view text = std::string_view(text_).substr(text_begin_);
  entry.sizes.at(kind) = static_cast<std::uint32_t>(text.size());
  entry.hashes.at(kind) = input::text_hash(text);
  text_begin_ = text_.size();
  is_full_ = false;
}

/// One of a list of texts; Store::list() gives them back.
void FactPack::append_part(std::string_view part) {
  const std::size_t have = text_.size() - text_begin_;
  if (is_full_) {
    return;
  }
  if (have + part.size() >= kMaxText) {
    text_.append(part.substr(0, kMaxText - have));
    text_ += "...";
    is_full_ = true;
  } else {
    text_ += part;
  }
  text_ += '\0';
}

/// The outermost first.
void FactPack::append_chain(const facts::Fact& fact) {
  std::size_t length = 0;
  for (const facts::Program& program : fact.lineage) {
    if (length == kMaxChain || (program.pid == 1 && length > 0)) {
      break;  // Everything descends from init; it is worth a word only where it is all there is.
    }
    ++length;
  }
  while (length > 0) {
    append_part(name_of(fact.lineage[--length]));
  }
}

void FactPack::add_destination(const facts::Destination& from) {
  Destination& to = destinations_.emplace_back();
  to.has_address = from.address.has_value();
  to.addresses = from.addresses;
  if (from.addresses > 0) {
    to.has_address = false;
    text_ += kOthers;
    to.name_size = static_cast<std::uint32_t>(kOthers.size());
  } else if (from.address) {
    to.address = *from.address;
    if (from.source == transfer::Source::flow && from.name) {
      text_ += *from.name;
      to.name_size = static_cast<std::uint32_t>(from.name->size());
    }
  } else if (from.name) {
    text_ += *from.name;
    to.name_size = static_cast<std::uint32_t>(from.name->size());
  } else {
    text_ += "unknown";
    to.name_size = 7;
  }
  to.has_port = from.port.has_value();
  to.port = from.port.value_or(0);
  to.has_bytes = from.bytes_out.has_value();
  to.guessed = to.has_bytes && from.bytes_estimated > 0;
  to.bytes_out = from.bytes_out.value_or(0);
  to.has_bytes_in = from.bytes_in.has_value();
  to.bytes_in = from.bytes_in.value_or(0);
  if (from.flow) {
    to.flow.any = from.basis == transfer::Basis::flow;
    to.flow.shared = to.flow.any && from.flow->grade == facts::FlowGrade::shared;
    to.flow.by_time = to.flow.any && from.flow->grade == facts::FlowGrade::window;
    to.flow.headers = to.flow.any && from.flow->layer != "L4";
    to.flow.open = to.flow.any && !from.flow->bytes_out_most;
    to.flow.disagrees = from.flow->disagrees;
  }
  if (from.flow && from.flow->together) {
    const std::uint64_t own = from.flow->bytes_out.value_or(0);
    const bool is_measured = from.bytes_out && from.basis == transfer::Basis::measured;
    together_.push_back({from.flow->together->id, from.flow->together->destinations,
                         from.flow->together->bytes_out,
                         is_measured ? own - std::min(own, *from.bytes_out) : 0});
    to.together = static_cast<std::uint32_t>(together_.size());
  }
  to.connections = from.connections;
  to.direction = from.direction;
  to.basis = from.basis;
}

void FactPack::add(const facts::Fact& fact, bool with_files) {
  Entry entry;
  entry.id = fact.id;
  entry.start = fact.start;
  entry.end = fact.end;
  entry.bytes_out = fact.bytes_out.value_or(0);
  entry.automation = fact.automation;
  entry.side = fact.side;
  entry.destinations = static_cast<std::uint32_t>(fact.destinations.size());

  begin_text();
  if (fact.host || fact.node) {
    text_ += fact.host ? *fact.host : *fact.node;
  }
  end_text(entry, host);
  text_ += fact.tool;
  end_text(entry, tool);
  append_user_key(fact, text_);
  end_text(entry, user);
  // Where the log does not know what started it, the program: two programs of unknown origin are
  // not one job.
  text_ += fact.job ? std::string_view(fact.job->kind) : "program";
  text_ += ": ";
  text_ += job_command(fact);
  end_text(entry, group_job);
  for (const std::string& argument : fact.process.argv) {
    append_part(argument);
  }
  end_text(entry, command);
  append_chain(fact);
  end_text(entry, chain);
  for (const facts::Reason& reason : fact.reasons) {
    append_part(reason.text);
  }
  end_text(entry, reasons);
  if (fact.script) {
    append_part(*fact.script);
  }
  end_text(entry, script);
  if (fact.job) {
    append_part(fact.job->kind);
    append_part(fact.job->what);
    if (fact.job->artefact) {
      append_part(*fact.job->artefact);
    }
  }
  end_text(entry, job);
  for (const facts::Reason& reason : fact.reasons) {
    append_part(reason.sign);
  }
  end_text(entry, signs);
  if (fact.login) {
    append_part(facts::login_text(*fact.login));
  }
  end_text(entry, login);
  if (with_files) {
    append_files(text_, fact);
    end_text(entry, files);
  }

  for (const facts::Destination& to : fact.destinations) {
    add_destination(to);
  }
  entries_.push_back(entry);
}

}  // namespace auexfil::policy
