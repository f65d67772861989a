#include "estimate.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "auexfil/audit/address.hpp"
#include "auexfil/facts/sums.hpp"
#include "auexfil/host/automation.hpp"
#include "auexfil/input/format_size.hpp"

namespace auexfil::facts {
namespace {

constexpr std::size_t kMostKnown = 4096;
constexpr std::size_t kMostFiles = 65536;
constexpr std::size_t kMostShown = 8;
constexpr std::size_t kMostAbove = 8;
constexpr std::size_t kMostWords = 8192;

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty() && words.size() < kMostWords) {
    words.emplace_back(list.substr(0, list.find('\0')));
    list.remove_prefix(words.back().size() + 1);
  }
  return words;
}

bool may_take(const Destination& to) {
  return !to.bytes_out && to.direction != Direction::in && to.direction != Direction::none;
}

bool is_host(const Destination& to, const std::string& host) {
  if (to.name && *to.name == host) {
    return true;
  }
  const auto address = audit::IpAddress::parse(host);
  return address && to.address == *address;
}

/// Where each file goes: by the host that the command line gives it, else to the only one.
/// \return bytes by destination; empty where it is not known.
std::vector<std::uint64_t> share_out(const Fact& fact, const artefacts::Volume& volume,
                                     const std::vector<std::size_t>& takers) {
  std::vector<std::uint64_t> bytes(fact.destinations.size());
  bool any_named = false;
  for (const artefacts::Volume::File& file : volume.files) {
    for (const std::size_t taker : takers) {
      if (!file.peer.empty() && is_host(fact.destinations[taker], file.peer)) {
        bytes[taker] = saturating_sum(bytes[taker], file.bytes);
        any_named = true;
        break;
      }
    }
  }
  if (any_named) {
    return bytes;
  }
  if (takers.size() != 1) {
    return {};
  }
  bytes[takers.front()] = volume.bytes();
  return bytes;
}

void add_evidence(Fact& fact, const audit::Stamp& event, const artefacts::Volume& volume) {
  constexpr audit::TimeMs kSecond = 1000;
  std::size_t shown = 0;
  for (const artefacts::Volume::Namer& namer : volume.namers) {
    if (shown++ < kMostShown) {
      fact.evidence.push_back({namer.path, 0, event,
                               fmt::format("names what is sent, in the image; changed {}",
                                           audit::format_rfc3339(namer.changed * kSecond))});
    }
  }
  for (const artefacts::Volume::File& file : volume.files) {
    if (shown++ < kMostShown) {
      fact.evidence.push_back(
          {file.path, 0, event,
           fmt::format("{} bytes in the image{}; changed {}", file.bytes,
                       file.files == 1 ? std::string() : fmt::format(" in {} files", file.files),
                       audit::format_rfc3339(file.changed * kSecond))});
    }
  }
}

/// Nothing is not a sum: a file that is empty now need not have been.
void sum_estimates(Fact& fact) {
  std::uint64_t sum = 0;
  for (const Destination& to : fact.destinations) {
    sum = saturating_sum(sum, to.bytes_out.value_or(0));
  }
  if (sum > 0) {
    fact.bytes_out = sum;
    fact.basis = Basis::estimated;
  }
}

}  // namespace

Estimator::Estimator(const input::Tree* image, const artefacts::Matcher* starters,
                     const transfer::InvocationStore& store,
                     const coverage::AuditVisibility& visibility)
    : starters_(starters), store_(store), visibility_(visibility) {
  if (image != nullptr) {
    volumes_.emplace(*image);
    const std::string zone = starters == nullptr ? std::string() : starters->inventory().zone;
    told_.emplace(*image, zone);
    served_.emplace(*image, zone);
  }
}

artefacts::Sending Estimator::sending_of(const transfer::Invocation& run) const {
  artefacts::Sending sending;
  sending.tool = run.tool;
  sending.argv = words_of(store_.text(run.process.argv));
  sending.cwd = store_.text(run.cwd);
  for (std::uint32_t at = run.lineage; at != 0 && sending.above.size() < kMostAbove;
       at = store_.ancestor(at).above) {
    sending.above.push_back(words_of(store_.text(store_.ancestor(at).program.argv)));
  }
  return sending;
}

const artefacts::Volume& Estimator::volume_of(const transfer::Invocation& run) {
  if (known_.size() >= kMostKnown || files_ >= kMostFiles) {
    known_.clear();
    files_ = 0;
  }
  const auto [at, is_new] =
      known_.try_emplace(Key{run.tool, run.process.argv, run.cwd, run.lineage});
  if (is_new) {
    at->second = volumes_->of(sending_of(run));
    files_ += at->second.files.size();
  }
  return at->second;
}

/// Protocols with a control connection send files over others: where none is made, none was sent.
bool Estimator::lacks_data(const transfer::Invocation& run, const Destination& to) const {
  return visibility_.connects && visibility_.pending_connects && !run.by_argv &&
         to.source == Source::connect && to.connections == 1 && to.port &&
         to.transport != Transport::udp &&
         (store_.tools().is_control(run.tool, *to.port) || speaks_ftp(run));
}

/// By URLs alone: on whatever port.
bool Estimator::speaks_ftp(const transfer::Invocation& run) const {
  bool speaks = false;
  for (const std::string& word : words_of(store_.text(run.process.argv))) {
    if (word.find("://") != std::string::npos) {
      if (!word.starts_with("ftp://") && !word.starts_with("ftps://") &&
          !word.starts_with("ftpes://")) {
        return false;
      }
      speaks = true;
    }
  }
  return speaks && !run.tool->control.empty();
}

/// Destinations that the files may have gone to.
/// \param lacks  set where there is one that nothing can have gone to.
std::vector<std::size_t> Estimator::takers_of(const transfer::Invocation& run, const Fact& fact,
                                              bool& lacks) const {
  std::vector<std::size_t> takers;
  for (std::size_t i = 0; i < fact.destinations.size(); ++i) {
    if (!may_take(fact.destinations[i])) {
      continue;
    }
    if (lacks_data(run, fact.destinations[i])) {
      lacks = true;
    } else {
      takers.push_back(i);
    }
  }
  return takers;
}

/// The unit of the image that is a job's artefact, where a timer starts it: of one that runs on and
/// on, what is counted is not this transfer's. Of instances that are one file: their template.
const std::string& Estimator::unit_of(const std::string& artefact) {
  static const std::string none;
  if (starters_ == nullptr) {
    return none;
  }
  const auto [at, is_new] = units_.try_emplace(artefact);
  if (is_new) {
    for (const artefacts::Artefact& one : starters_->inventory().artefacts) {
      if (one.line == 0 && one.path == at->first && !one.unit.empty() &&
          one.starter.ends_with(".timer")) {
        at->second = at->second.empty() ? one.unit : artefacts::template_of(one.unit);
      }
    }
  }
  return at->second;
}

artefacts::KnownTransfer Estimator::known(const transfer::Invocation& run, audit::TimeMs start,
                                          audit::TimeMs end) const {
  constexpr audit::TimeMs kSecond = 1000;
  artefacts::KnownTransfer told;
  told.argv = words_of(store_.text(run.process.argv));
  told.cwd = store_.text(run.cwd);
  told.pid = run.process.pid;
  told.start = start / kSecond;
  told.end = end / kSecond;
  if (const artefacts::Account* const account =
          starters_ == nullptr ? nullptr : starters_->inventory().account(run.uid)) {
    told.home = account->home;
  }
  return told;
}

/// Those whose logs are known: OpenSSH's and those of ftp.
std::optional<artefacts::ServerKind> Estimator::server_kind(const transfer::Invocation& run) const {
  if (run.tool == nullptr || !run.tool->server) {
    return std::nullopt;
  }
  if (!run.tool->control.empty()) {
    return artefacts::ServerKind::ftp;
  }
  const std::string_view exe = store_.text(run.process.exe);
  return host::base_name(exe).starts_with("sshd") ? std::optional(artefacts::ServerKind::ssh)
                                                  : std::nullopt;
}

void Estimator::expect(const transfer::Invocation& run, const artefacts::Artefact* starter) {
  constexpr audit::TimeMs kSecond = 1000;
  if (!told_) {
    return;
  }
  if (run.tool != nullptr && !run.tool->server) {
    artefacts::KnownTransfer told = known(run, run.began.event.time, run.high());
    told.unit = starter == nullptr ? std::string() : unit_of(starter->where());
    for (const transfer::Connection& one : run.connections) {
      told.hosts.push_back(one.address.to_string());
    }
    for (const transfer::Invocation::NamedPeer& one : run.peers) {
      told.hosts.emplace_back(store_.text(one.host));
    }
    for (const transfer::TextId host : run.owner_hosts) {
      told.hosts.emplace_back(store_.text(host));
    }
    told_->expect(told);
  }
  const auto kind = server_kind(run);
  for (const transfer::Connection& one : run.connections) {
    if (kind && one.addresses <= 1 && !one.unnamed && one.foreign == 0) {
      served_->expect({*kind,
                       one.address,
                       one.port,
                       one.first / kSecond,
                       one.last / kSecond,
                       {run.began.event, run.process.pid}});
    }
  }
}

/// \return the most that a log of the image tells.
std::uint64_t Estimator::take_told(const transfer::Invocation& run, Fact& fact) {
  artefacts::KnownTransfer told = known(run, fact.start, fact.end);
  told.unit = fact.job && fact.job->artefact ? unit_of(*fact.job->artefact) : std::string();
  for (const Destination& to : fact.destinations) {
    if (to.address) {
      told.hosts.push_back(to.address->to_string());
    }
    if (to.name) {
      told.hosts.push_back(*to.name);
    }
  }
  std::uint64_t most = 0;
  for (const artefacts::ToldVolume& one : told_->of(told)) {
    if (one.is_unclear) {
      fact.notes.push_back(fmt::format(
          "{} has lines that would do, of which it cannot be told whose they are", one.what));
      continue;
    }
    most = std::max(most, one.bytes);
    fact.notes.push_back(
        fmt::format("{} tells that {} were sent", one.what, input::format_size(one.bytes)));
    fact.evidence.push_back(
        {one.path, one.line, run.began.event,
         fmt::format("tells {} bytes sent{}, in the image", one.bytes,
                     one.lines == 1 ? std::string() : fmt::format(" in {} lines", one.lines))});
  }
  return most;
}

void Estimator::note_served(const transfer::Invocation& run, const artefacts::ServedVolume& volume,
                            Fact& fact) const {
  if (volume.unclear > 0) {
    fact.notes.push_back(
        fmt::format("{} has {} lines for this peer that may be of another run of the server as "
                    "well: they are not counted",
                    volume.what, volume.unclear));
  }
  if (volume.lines == 0) {
    return;
  }
  fact.notes.push_back(fmt::format("{} tells that {} were sent{}", volume.what,
                                   input::format_size(volume.bytes),
                                   volume.is_cut ? "; not all of it is read" : ""));
  fact.evidence.push_back(
      {volume.path, volume.line, run.began.event,
       fmt::format("tells {} bytes sent{}, in the image", volume.bytes,
                   volume.lines == 1 ? std::string() : fmt::format(" in {} lines", volume.lines))});
}

void Estimator::estimate_served(const transfer::Invocation& run, Fact& fact) {
  const auto kind = server_kind(run);
  if (!served_ || !kind || fact.bytes_out || !fact.destinations.front().address) {
    return;
  }
  std::vector<std::uint64_t> bytes(fact.destinations.size());
  for (const artefacts::ServedVolume& one :
       served_->of(*kind, {run.began.event, run.process.pid}, *fact.destinations.front().address)) {
    note_served(run, one, fact);
    for (const auto& [port, sent] : one.by_port) {
      // Of ftp all of a peer's connections are one destination.
      const auto to = std::find_if(fact.destinations.begin(), fact.destinations.end(),
                                   [p = port](const Destination& d) { return d.port == p; });
      const auto place = static_cast<std::size_t>(to - fact.destinations.begin());
      std::uint64_t& most = bytes[place < bytes.size() ? place : 0];
      most = std::max(most, sent);
    }
  }
  if (visibility_.some_writes) {
    return;  // see estimate()
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Destination& to = fact.destinations[i];
    if (bytes[i] > 0 && may_take(to)) {
      to.bytes_out = to.bytes_estimated = bytes[i];
      to.basis = Basis::estimated;
    }
  }
  sum_estimates(fact);
}

void Estimator::estimate(const transfer::Invocation& run, Fact& fact) {
  if (!volumes_ || run.tool == nullptr || run.argv_cut || fact.side != Side::client ||
      fact.bytes_out) {
    return;
  }
  bool lacks = false;
  const std::vector<std::size_t> takers = takers_of(run, fact, lacks);
  if (takers.empty() && !lacks) {
    return;
  }
  const artefacts::Volume& volume = volume_of(run);
  if (std::string note = volume.describe(fact.end); !note.empty()) {
    note += lacks ? "; no connection is seen that would have carried them" : "";
    fact.notes.push_back(std::move(note));
  }
  if (volume.bytes() > 0) {
    add_evidence(fact, run.began.event, volume);
  }
  const std::uint64_t told = take_told(run, fact);
  // Where some programs' bytes are in the log, that none of this one's are may mean that it sent
  // none.
  if ((volume.bytes() == 0 && told == 0) || takers.empty() || visibility_.some_writes) {
    return;
  }
  std::vector<std::uint64_t> bytes = share_out(fact, volume, takers);
  if (bytes.empty()) {
    fact.notes.emplace_back("which destination got what the image tells is not known");
    return;
  }
  if (takers.size() == 1) {
    bytes[takers.front()] = std::max(bytes[takers.front()], told);
  }
  for (const std::size_t taker : takers) {
    Destination& to = fact.destinations[taker];
    if (bytes[taker] > 0) {
      to.bytes_out = to.bytes_estimated = bytes[taker];
      to.basis = Basis::estimated;
    }
  }
  sum_estimates(fact);
}

}  // namespace auexfil::facts
