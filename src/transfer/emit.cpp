#include <algorithm>
#include <queue>
#include <set>

#include <fmt/format.h>

#include "auexfil/transfer/book.hpp"
#include "ids.hpp"

namespace auexfil::transfer {

/// ssh's ControlMaster: the client names the job, the master sends the bytes.
void Book::name_carried_jobs() {
  std::vector<const Local*> masters;
  for (const Local& local : locals_) {
    if (local.bound) {
      masters.push_back(&local);
    }
  }
  const auto by_path = [&](const Local* a, const Local* b) {
    return a->path != b->path ? a->path < b->path : a->place.event < b->place.event;
  };
  std::sort(masters.begin(), masters.end(), by_path);
  constexpr std::size_t kMaxNotes = 32;
  constexpr int kMaxTries = 64;
  for (const Local& client : locals_) {
    if (client.bound) {
      continue;
    }
    // The master binds under a random suffix and links the socket to its name.
    const std::string& path = client.path;
    auto at = std::lower_bound(
        masters.begin(), masters.end(), path,
        [](const Local* master, const std::string& wanted) { return master->path < wanted; });
    for (int tries = 0; at != masters.end() && tries < kMaxTries && (*at)->path.starts_with(path);
         ++at, ++tries) {
      if ((*at)->image == client.image || (*at)->place.event.serial > client.place.event.serial) {
        continue;
      }
      const Tool* tool = nullptr;
      const auto run = runs_.find(top_of((*at)->image, tool));
      if (run != runs_.end() && run->second.notes.size() < kMaxNotes) {
        const std::uint32_t top = top_of(client.image, tool);
        run->second.notes.push_back(fmt::format(
            "carried over its control socket {}: {} (pid {})", path,
            join_argv(host::argv_of(*tracker_, tracker_->image(top))), tracker_->image(top).pid));
      }
      break;
    }
  }
}

/// A tool whose connections are not in the log: the command line is all there is.
std::optional<Fact> Book::fact_by_argv(std::uint32_t top, const HostName& name) const {
  const host::Image& image = tracker_->image(top);
  Run run;
  run.image = top;
  run.tool = tool_of(top);
  if (run.tool == nullptr) {
    const Tool* tool = nullptr;
    static_cast<void>(top_of(top, tool));
    run.tool = tool;
  }
  if (run.tool == nullptr) {
    return std::nullopt;
  }
  const ArgReading reading = read_argv(*run.tool, host::argv_of(*tracker_, image));
  Fact fact;
  for (const ArgPeer& peer : reading.peers) {
    if (peer.host.empty()) {
      continue;
    }
    Destination d;
    d.address = audit::IpAddress::parse(peer.host);
    if (!d.address) {
      d.name = peer.host;
    } else if (d.address->is_loopback()) {
      continue;
    }
    d.source = Source::argv;
    d.direction = peer.direction;
    d.first = d.last = image.began.event.time;
    fact.destinations.push_back(std::move(d));
  }
  if (fact.destinations.empty()) {
    return std::nullopt;
  }
  fill_program(fact, run, name);
  fact.start = fact.end = image.began.event.time;
  fact.direction = reading.direction;
  fact.id = id_of(name, image);
  fact.notes.emplace_back("how it connects is not audited: the destination is the command line's");
  return fact;
}

void Book::for_each(const HostName& name,
                    const std::function<void(const Fact&, const FactDetails&)>& sink) {
  const ByteSight sight = sight_of(tracker_->seen());
  name_carried_jobs();

  /// Something that facts will be made of, and a time before which none of them starts. Facts are
  /// made one after the other and handed out in order, so that few exist at a time.
  struct Entry {
    audit::TimeMs low{};
    audit::Stamp began;
    std::uint32_t image{};
    bool by_argv{};
  };
  std::vector<Entry> entries;
  std::set<std::uint32_t> has_run;
  for (const auto& [index, run] : runs_) {
    const host::Image& image = tracker_->image(index);
    Entry entry{image.began.event.time, image.began.event, index, false};
    for (const Leg& leg : run.legs) {
      entry.low = std::min(entry.low, leg.first);
      if (!sight.pending_connects || !sight.sendto) {
        has_run.insert(leg.image);
      }
    }
    entries.push_back(entry);
  }
  if (!sight.pending_connects || !sight.sendto) {
    std::set<std::uint32_t> tops;
    for (const std::uint32_t index : tool_images_) {
      const Tool* tool = nullptr;
      const std::uint32_t top = top_of(index, tool);
      if (runs_.contains(top) || has_run.contains(top) || tool == nullptr || tool->server ||
          (sight.pending_connects && !tool->udp) || !tops.insert(top).second) {
        continue;
      }
      const host::Image& image = tracker_->image(top);
      entries.push_back({image.began.event.time, image.began.event, top, true});
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.low != b.low       ? a.low < b.low
           : a.began != b.began ? a.began < b.began
                                : a.image < b.image;
  });

  const auto later = [](const Made& a, const Made& b) {
    return a.fact.start != b.fact.start ? a.fact.start > b.fact.start : a.fact.id > b.fact.id;
  };
  std::priority_queue<Made, std::vector<Made>, decltype(later)> made(later);
  const auto hand_out = [&](audit::TimeMs before, bool all) {
    while (!made.empty() && (all || made.top().fact.start < before)) {
      sink(made.top().fact, made.top().details);
      made.pop();
    }
  };
  for (const Entry& entry : entries) {
    hand_out(entry.low, false);
    if (entry.by_argv) {
      if (std::optional<Fact> fact = fact_by_argv(entry.image, name)) {
        made.push({std::move(*fact), {}});
      }
      continue;
    }
    for (Made& one : facts_of(runs_.at(entry.image), name, sight)) {
      made.push(std::move(one));
    }
  }
  hand_out(0, true);
}

}  // namespace auexfil::transfer
