#include "auexfil/transfer/book.hpp"

#include <algorithm>

namespace auexfil::transfer {
namespace {

constexpr std::size_t kMaxLegs = 8192;     // a run
constexpr std::size_t kMaxLocals = 65536;  // unix socket paths
constexpr int kMaxClimb = 32;

}  // namespace

Book::Book(const Tools& tools, const host::Signs& signs) : tools_(tools), signs_(signs) {}

Book::~Book() = default;

const Tool* Book::tool_of(std::uint32_t index) const {
  const host::Image& image = tracker_->image(index);
  const std::uint64_t key = std::uint64_t{image.exe} << 32 | image.argv;
  if (const auto known = known_tools_.find(key); known != known_tools_.end()) {
    return known->second;
  }
  const std::vector<std::string> argv = host::argv_of(*tracker_, image);
  const Tool* tool = tools_.find_by_name(tracker_->text(image.exe), argv);
  if (tool == nullptr && !argv.empty()) {
    tool = tools_.find_by_shape(argv);
  }
  constexpr std::size_t kMaxKnown = 65536;
  if (known_tools_.size() >= kMaxKnown) {
    known_tools_.clear();
  }
  known_tools_.emplace(key, tool);
  return tool;
}

/// The topmost program of the invocation that `index` works in: scp above its ssh, ssh above its
/// ProxyCommand, with shells between them (`sh -c "exec ssh -W …"`) passed over.
std::uint32_t Book::top_of(std::uint32_t index, const Tool*& tool) const {
  tool = tool_of(index);
  std::uint32_t top = index;
  const Tool* lower = tool;
  for (int step = 0; step < kMaxClimb && lower != nullptr && !lower->works_for.empty(); ++step) {
    std::uint32_t above = tracker_->image(top).parent;
    const Tool* upper = nullptr;
    int shells = 0;
    while (above != host::kNone) {
      upper = tool_of(above);
      if (upper != nullptr) {
        break;
      }
      const std::vector<std::string> lower_argv = host::argv_of(*tracker_, tracker_->image(top));
      if (shells == 0) {
        upper = tools_.find_by_child(lower_argv);
        if (upper != nullptr) {
          break;  // a renamed scp is known by the ssh that it starts
        }
      }
      const std::vector<std::string> argv = host::argv_of(*tracker_, tracker_->image(above));
      const bool passes = argv.size() >= 3 && argv[1] == "-c" && ++shells <= 2;
      if (!passes) {
        above = host::kNone;
        break;
      }
      above = tracker_->image(above).parent;
    }
    const bool works = above != host::kNone && upper != nullptr &&
                       std::find(lower->works_for.begin(), lower->works_for.end(), upper->name) !=
                           lower->works_for.end();
    if (!works) {
      break;
    }
    top = above;
    tool = upper;
    lower = upper;
  }
  return top;
}

void Book::on_exec(std::uint32_t index) {
  const host::Image& image = tracker_->image(index);
  if (image.exe == 0) {
    return;
  }
  if (tool_of(index) != nullptr) {
    tracker_->pin(index);
    tool_images_.push_back(index);
  }
}

void Book::on_local(std::uint32_t image, std::string_view path, bool bound, host::Place place) {
  // Only a tool's own control sockets matter (ssh's ControlMaster).
  if (locals_.size() >= kMaxLocals || path.empty() || tool_of(image) == nullptr) {
    return;
  }
  tracker_->pin(image);
  locals_.push_back({image, tracker_->symbols().intern(path), bound, place});
}

Book::Run& Book::get_run(std::uint32_t image) {
  const auto found = runs_.find(image);
  if (found != runs_.end()) {
    return found->second;
  }
  tracker_->pin(image);
  Run& run = runs_[image];
  run.image = image;
  return run;
}

void Book::on_socket(const host::Socket& socket) {
  const bool udp = socket.type == host::SocketType::datagram;
  Run* run = nullptr;
  for (const host::Peer& peer : socket.peers) {
    if (peer.address.is_loopback() || peer.address.is_link_local() || peer.address.is_multicast() ||
        peer.address.is_unspecified() || tools_.is_lookup(peer.port, udp)) {
      continue;
    }
    if (run == nullptr) {
      const Tool* tool = nullptr;
      const std::uint32_t top = top_of(socket.owner, tool);
      run = &get_run(top);
      run->tool = tool;
    }
    Leg* leg = nullptr;
    for (Leg& known : run->legs) {
      if (known.address == peer.address && known.port == peer.port && known.role == socket.role &&
          known.type == socket.type && known.image == socket.owner) {
        leg = &known;
        break;
      }
    }
    if (leg == nullptr && run->legs.size() >= kMaxLegs) {
      ++refused_legs_;
      leg = &run->legs.back();
    }
    if (leg == nullptr) {
      Leg made;
      made.address = peer.address;
      made.port = peer.port;
      made.local_port = socket.local_port;
      made.image = socket.owner;
      made.role = socket.role;
      made.type = socket.type;
      made.first = peer.first;
      made.last = peer.last;
      made.made = peer.made;
      made.first_write = peer.first_write;
      made.all_created = true;
      made.ephemeral = socket.listener_ephemeral;
      tracker_->pin(socket.owner);
      run->legs.push_back(made);
      leg = &run->legs.back();
    }
    leg->sent_to = leg->sent_to || peer.sent_to;
    leg->all_created = leg->all_created && socket.creation_seen;
    leg->overlap_unknown = leg->overlap_unknown || socket.overlap_unknown;
    leg->bytes_out += peer.bytes_out;
    leg->bytes_in += peer.bytes_in;
    leg->calls_out += peer.calls_out;
    leg->calls_in += peer.calls_in;
    leg->messages_out += peer.messages_out;
    ++leg->connections;
    leg->first = std::min(leg->first, peer.first);
    leg->last = std::max(leg->last, peer.last);
    if (leg->first_write.line == 0) {
      leg->first_write = peer.first_write;
    }
    if (&peer == &socket.peers.back()) {
      for (const host::CallSum& sum : socket.sums) {
        if (sum.calls == 0) {
          break;
        }
        auto same = std::find_if(leg->calls.begin(), leg->calls.end(),
                                 [&](const host::CallSum& c) { return c.call == sum.call; });
        if (same == leg->calls.end()) {
          leg->calls.push_back(sum);
        } else {
          same->calls += sum.calls;
          same->bytes += sum.bytes;
        }
      }
    }
  }
}

ByteSight sight_of(const host::Seen& seen) {
  using audit::Call;
  ByteSight sight;
  for (std::size_t i = 0; i < seen.calls.size(); ++i) {
    const auto call = static_cast<Call>(i);
    const std::uint64_t events = seen.calls[i].events;
    sight.any = sight.any || ((audit::is_write(call) || call == Call::sendmmsg) && events > 0);
    sight.reads = sight.reads || (audit::is_read(call) && events > 0);
  }
  sight.ends = seen.of(Call::close).events > 0;
  sight.connects = seen.of(Call::connect).events > 0;
  sight.sendto = seen.of(Call::sendto).events > 0 || seen.of(Call::sendmsg).events > 0;
  // An event that is refused whole leaves no gap in the serials (kernel/audit.c
  // audit_log_start()): where some show, more do not.
  std::uint64_t halves = 0;
  for (const host::Loss& loss : seen.losses) {
    halves += loss.kind == host::Loss::Kind::half_event ? loss.events : 0;
  }
  sight.lossy = halves > 8;
  // Audited for all? Then nearly every program that does much writes something, and something
  // small. A filter by exe or by size leaves programs that are seen often and never write.
  std::size_t talkative = 0;
  std::size_t writing = 0;
  constexpr std::uint32_t kTalkative = 24;
  for (std::size_t i = 1; i < seen.programs.size(); ++i) {
    if (seen.programs[i].events >= kTalkative) {
      ++talkative;
      writing += seen.programs[i].small_writes > 0 ? 1U : 0U;
    }
  }
  sight.all = sight.any && talkative > 0 && writing * 10 >= talkative * 7;
  return sight;
}

}  // namespace auexfil::transfer
