#include <algorithm>
#include <array>
#include <memory>

#include "lines.hpp"
#include "values.hpp"

// Source: conntrack(8) and what conntrack-tools 1.4.7 prints; nf_conntrack_standalone.c.

namespace auexfil::flow {
namespace {

using Flag = FlowRecord::Flag;

/// Words of a line: parted by blanks, or in brackets.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  /// \param is_bracketed  is the word what stood in brackets?
  bool next(std::string_view& word, bool& is_bracketed) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    if (rest_.empty()) {
      return false;
    }
    is_bracketed = rest_.front() == '[';
    const std::size_t end = is_bracketed ? rest_.find(']') : rest_.find_first_of(" \t");
    const std::size_t size = std::min(end, rest_.size());
    word = rest_.substr(is_bracketed ? 1 : 0, size - (is_bracketed ? 1 : 0));
    rest_.remove_prefix(std::min(size + 1, rest_.size()));
    return true;
  }

 private:
  std::string_view rest_;
};

/// "Wed Nov 25 01:09:45 2026", by the clock of the host that printed it.
bool read_ctime(std::string_view text, TimeUs& time) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t kSize = 24;
  if (text.size() != kSize) {
    return false;
  }
  const std::size_t month = kMonths.find(text.substr(4, 3));
  if (month == std::string_view::npos || month % 3 != 0) {
    return false;
  }
  std::array<char, 19> iso{};
  const auto put = [&](std::size_t at, std::string_view part) {
    std::copy(part.begin(), part.end(), iso.begin() + static_cast<std::ptrdiff_t>(at));
  };
  const std::size_t number = month / 3 + 1;
  put(0, text.substr(20, 4));
  put(4, "-00-");
  iso[5] = static_cast<char>('0' + number / 10);
  iso[6] = static_cast<char>('0' + number % 10);
  put(8, text.substr(8, 2));
  iso[8] = iso[8] == ' ' ? '0' : iso[8];
  put(10, "T");
  put(11, text.substr(11, 8));
  bool has_zone = false;
  return read_iso({iso.data(), iso.size()}, time, has_zone);
}

/// A direction of an entry.
struct Tuple {
  std::string_view src;
  std::string_view dst;
  std::string_view sport;
  std::string_view dport;
  std::string_view packets;
  std::string_view bytes;
};

struct Entry {
  enum class Kind : std::uint8_t { listed, begun, changed, ended };
  Kind kind = Kind::listed;
  std::string_view stamp;
  std::string_view protocol;
  std::string_view start;
  std::string_view stop;
  std::string_view delta;
  std::string_view id;
  std::array<Tuple, 2> tuples;
  std::size_t count = 0;  ///< of tuples
};

void take_bracketed(std::string_view word, Entry& entry) {
  if (!word.empty() && word.front() >= '0' && word.front() <= '9') {
    entry.stamp = word;
  } else if (word == "NEW") {
    entry.kind = Entry::Kind::begun;
  } else if (word == "UPDATE") {
    entry.kind = Entry::Kind::changed;
  } else if (word == "DESTROY") {
    entry.kind = Entry::Kind::ended;
  } else if (word.starts_with("start=")) {
    entry.start = word.substr(6);
  } else if (word.starts_with("stop=")) {
    entry.stop = word.substr(5);
  }
}

void take_pair(std::string_view key, std::string_view value, Entry& entry) {
  if (key == "src") {
    entry.count = std::min<std::size_t>(entry.count + 1, 3);
  }
  if (key == "delta-time") {
    entry.delta = value;
  }
  // Of ICMP both directions have an id as well: of a packet, not of the entry.
  if (key == "id" && !entry.protocol.starts_with("icmp")) {
    entry.id = value;
  }
  if (entry.count == 0 || entry.count > entry.tuples.size()) {
    return;
  }
  Tuple& tuple = entry.tuples[entry.count - 1];
  const std::array<std::pair<std::string_view, std::string_view*>, 6> kKeys = {
      {{"src", &tuple.src},
       {"dst", &tuple.dst},
       {"sport", &tuple.sport},
       {"dport", &tuple.dport},
       {"packets", &tuple.packets},
       {"bytes", &tuple.bytes}}};
  for (const auto& [name, place] : kKeys) {
    if (key == name && place->empty()) {
      *place = value;
    }
  }
}

bool take_entry(std::string_view text, Entry& entry) {
  Words words(text);
  std::string_view word;
  bool is_bracketed = false;
  while (words.next(word, is_bracketed)) {
    const std::size_t equals = word.find('=');
    if (is_bracketed) {
      take_bracketed(word, entry);
    } else if (equals != std::string_view::npos) {
      take_pair(word.substr(0, equals), word.substr(equals + 1), entry);
    } else if (entry.protocol.empty() && word != "ipv4" && word != "ipv6" &&
               (word.front() < '0' || word.front() > '9')) {
      entry.protocol = word;
    } else if (entry.protocol == "unknown") {  // a protocol that it has no name of: "unknown 2 600"
      entry.protocol = word;
    }
  }
  return entry.count == 2;
}

Fault read_times(const Entry& entry, FlowRecord& record) {
  const bool has_stamp = !entry.stamp.empty();
  if (has_stamp && !read_seconds(entry.stamp, record.last)) {
    return Fault::time;
  }
  TimeUs span = 0;
  const bool has_span = !entry.delta.empty() && read_seconds(entry.delta, span);
  if (has_stamp) {
    // What an event tells is when it came; `start` has no zone.
    record.first = has_span ? std::max<TimeUs>(record.last - span, 0) : record.last;
    record.set(Flag::kWholeSeconds, has_span);
    record.set(Flag::kStartUnknown, !has_span && entry.kind != Entry::Kind::begun);
    return Fault::count_;
  }
  if (!read_ctime(entry.start, record.first)) {
    return entry.start.empty() ? Fault::no_date : Fault::time;
  }
  record.set(Flag::kLocalTime);
  record.set(Flag::kWholeSeconds);
  record.last = record.first + span;
  if (!entry.stop.empty() && !read_ctime(entry.stop, record.last)) {
    return Fault::time;
  }
  return record.last < record.first ? Fault::time : Fault::count_;
}

bool read_end(std::string_view address, std::string_view port, Endpoint& end) {
  return read_address(address, end.address) && (port.empty() || read_number(port, end.port));
}

Fault read_entry(const Entry& entry, FlowRecord& record) {
  record.exporter = Exporter::conntrack;
  if (!read_protocol(entry.protocol, record.protocol)) {
    return Fault::number;
  }
  if (const Fault fault = read_times(entry, record); fault != Fault::count_) {
    return fault;
  }
  const auto& [original, reply] = entry.tuples;
  if (!read_end(original.src, original.sport, record.from) ||
      !read_end(original.dst, original.dport, record.to) ||
      !read_end(reply.dst, reply.dport, record.nat_from) ||
      !read_end(reply.src, reply.sport, record.nat_to)) {
    return Fault::address;
  }
  const auto read_optional = [](std::string_view text, std::optional<std::uint64_t>& count) {
    return text.empty() || read_count(text, count);
  };
  if (!read_optional(original.packets, record.out.packets) ||
      !read_optional(original.bytes, record.out.bytes) ||
      !read_optional(reply.packets, record.back.packets) ||
      !read_optional(reply.bytes, record.back.bytes)) {
    return Fault::number;
  }
  record.layer = record.out.bytes || record.back.bytes ? Layer::l3 : Layer::none;
  record.set(Flag::kSawStart, entry.kind == Entry::Kind::begun);
  record.set(Flag::kSawEnd, entry.kind == Entry::Kind::ended);
  record.set(Flag::kIsOpen, entry.kind != Entry::Kind::ended);
  return Fault::count_;
}

/// `conntrack -E`, `conntrack -L` and /proc/net/nf_conntrack: both directions, as the host itself
/// counts them, if it was told to.
class Conntrack final : public LineFormat {
 protected:
  void line(std::string_view text, std::uint64_t number, Output& to) override {
    if (text.starts_with("conntrack v")) {
      to.passed();
      return;
    }
    Entry entry;
    if (!take_entry(text, entry)) {
      to.fault(Fault::syntax, number);
      return;
    }
    FlowRecord record;
    record.line = number;
    if (const Fault fault = read_entry(entry, record); fault != Fault::count_) {
      to.fault(fault, number);
      return;
    }
    if (entry.id.size() > ShortText::kMost) {
      to.fault(Fault::long_id, number);
    }
    record.id = ShortText(entry.id);
    to.flow(record);
  }
};

}  // namespace

bool is_conntrack(std::string_view head) {
  std::string_view line = first_line(head);
  if (line.starts_with("conntrack v")) {
    line = first_line(head.substr(std::min(head.find('\n') + 1, head.size())));
  }
  Entry entry;
  std::uint8_t protocol = 0;
  audit::IpAddress address;
  return line.find(" src=") != std::string_view::npos && take_entry(line, entry) &&
         read_protocol(entry.protocol, protocol) && read_address(entry.tuples[0].src, address) &&
         read_address(entry.tuples[1].dst, address);
}

std::unique_ptr<Format> make_conntrack() {
  return std::make_unique<Conntrack>();
}

}  // namespace auexfil::flow
