#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "auexfil/audit/address.hpp"

/// What network telemetry says of one flow, as values without heap.
namespace auexfil::flow {

/// Microseconds since 1970 UTC.
using TimeUs = std::int64_t;

/// Who counted.
enum class Exporter : std::uint8_t {
  zeek,
  suricata_flow,
  suricata_netflow,
  nfdump,
  argus,
  conntrack,
  aws,
  gcp,
  azure,
  firewall,  ///< netfilter's LOG, NETFILTER_PKT: one packet, never a volume
  ecs,       ///< Elastic Common Schema: of any of them, which it does not always say
  count_
};
[[nodiscard]] const char* to_word(Exporter exporter);

/// Which bytes a figure counts. Never compare two without saying so.
enum class Layer : std::uint8_t {
  none,     ///< no bytes
  l2,       ///< with link headers
  l3,       ///< with IP headers
  l4,       ///< payload of the transport alone
  unstated  ///< headers, but nobody says which: taken for l3
};
[[nodiscard]] const char* to_word(Layer layer);

enum class Service : std::uint8_t { none, ftp, ftp_data, ssh, tls, http, dns, tftp, other };

/// A text of bounded length in place, such as a flow's id. Longer ones are no ids: empty.
class ShortText {
 public:
  static constexpr std::size_t kMost = 23;
  ShortText() = default;
  explicit ShortText(std::string_view text) noexcept { assign(text); }
  void assign(std::string_view text) noexcept {
    text_ = {};
    size_ = 0;
    if (text.size() <= kMost) {
      size_ = static_cast<std::uint8_t>(text.size());
      text.copy(text_.data(), kMost);
    }
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
  friend auto operator<=>(const ShortText&, const ShortText&) = default;

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    io.below(size_, kMost + 1);
    io.bytes(text_.data(), size_);
  }

 private:
  std::array<char, kMost> text_{};
  std::uint8_t size_ = 0;
};

struct Endpoint {
  audit::IpAddress address;
  std::uint16_t port{};  ///< 0 where the protocol has none
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
  /// Asked of each record: of a known length, so that no call is made. The bytes tell the family.
  friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept {
    constexpr std::size_t kBytes = 16;
    return a.port == b.port &&
           __builtin_memcmp(a.address.bytes().data(), b.address.bytes().data(), kBytes) == 0;
  }
  template <typename Io>
  void walk(Io& io) {
    address.walk(io);
    io.number(port);
  }
};

/// What one end of a flow sent. Empty: not told, which is never 0.
struct Sent {
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> packets;
  friend bool operator==(const Sent&, const Sent&) = default;
  template <typename Io>
  void walk(Io& io) {
    io.optional(bytes, [&](std::uint64_t& value) { io.number(value); });
    io.optional(packets, [&](std::uint64_t& value) { io.number(value); });
  }
};

/// One record of an exporter: both directions of a conversation, or one of them.
struct FlowRecord {
  enum Flag : std::uint16_t {
    kOneWay = 1,            ///< what the other end sent is another record's
    kMidStream = 2,         ///< its beginning was not seen: who is the originator is a guess
    kFlipped = 4,           ///< the exporter turned it round by a guess
    kOriginUnknown = 8,     ///< `from` may be either end
    kExistenceOnly = 16,    ///< that they spoke, never how much
    kSawStart = 32,         ///< a SYN
    kSawEnd = 64,           ///< a FIN or RST
    kIsOpen = 128,          ///< not over when written: a total so far
    kLocalTime = 256,       ///< by a wall clock whose zone is not told; taken for UTC
    kTimeMended = 512,      ///< moved by multiples of 2^32 ms (uptime of an exporter)
    kGaps = 1024,           ///< the sensor missed bytes of it
    kSampled = 2048,        ///< an estimate: not every packet was looked at
    kRefused = 4096,        ///< not delivered (AWS REJECT, Azure D)
    kTunnelled = 8192,      ///< inside another flow, which has a record as well
    kWholeSeconds = 16384,  ///< its times are no finer
    kStartUnknown = 32768,  ///< when it began is not told: `first` is no earlier than `last`
  };

  Endpoint from;  ///< the originator, as far as the exporter knows
  Endpoint to;
  /// After translation of addresses: what the reply is addressed from and to, turned round to read
  /// like `from` and `to`. Equal to them where nothing was translated.
  Endpoint nat_from;
  Endpoint nat_to;
  TimeUs first{};
  TimeUs last{};
  Sent out;                           ///< what `from` sent
  Sent back;                          ///< what `to` sent
  std::optional<std::uint64_t> both;  ///< bytes of the two, where no more is told
  std::uint64_t line{};               ///< from 1 on; of JSON: where the document begins
  std::uint32_t file{};               ///< as the reader was told
  std::uint32_t observer{};  ///< sensor, router or interface: those of one exporter that differ
  std::optional<std::uint32_t> uid;  ///< of the local socket's owner (LOG --log-uid)
  std::uint16_t flags{};
  std::uint8_t protocol{};  ///< IANA's number
  Exporter exporter = Exporter::zeek;
  Layer layer = Layer::none;
  Service service = Service::none;
  ShortText id;  ///< the exporter's own; records of one flow share it

  [[nodiscard]] bool has(Flag flag) const noexcept { return (flags & flag) != 0; }
  void set(Flag flag, bool is_so = true) noexcept {
    flags = static_cast<std::uint16_t>(is_so ? flags | flag : flags & ~flag);
  }

  /// What it says; where it stands (file, line) aside.
  template <typename Io>
  void walk(Io& io) {
    const auto number = [&](auto& value) { io.number(value); };
    bool is_translated = nat_from != from || nat_to != to;
    io.flags(is_translated);
    from.walk(io);
    to.walk(io);
    if (is_translated) {
      nat_from.walk(io);
      nat_to.walk(io);
    } else {
      nat_from = from;
      nat_to = to;
    }
    io.numbers(first, last);
    out.walk(io);
    back.walk(io);
    io.optional(both, number);
    io.optional(uid, number);
    io.numbers(observer, flags, protocol);
    io.enumerator(exporter, Exporter::ecs);
    io.enumerator(layer, Layer::unstated);
    io.enumerator(service, Service::other);
    id.walk(io);
  }
};

/// A command of ftp that opens a data channel or moves a file (Zeek's ftp.log, Suricata's events).
struct FtpCommand {
  enum class Kind : std::uint8_t { store, fetch, passive, active, other };
  Kind kind = Kind::other;
  TimeUs time{};
  Endpoint client;
  Endpoint server;
  std::optional<Endpoint> data;  ///< who listens for the data channel: server (passive) or client
  ShortText id;                  ///< of the control connection
  ShortText data_id;             ///< of the data connection, where that is who tells
  ShortText file_id;             ///< joins files.log
  std::uint64_t line{};
  std::uint32_t file{};

  /// As FlowRecord::walk().
  template <typename Io>
  void walk(Io& io) {
    io.enumerator(kind, Kind::other);
    io.number(time);
    client.walk(io);
    server.walk(io);
    io.optional(data, [&](Endpoint& end) { end.walk(io); });
    id.walk(io);
    data_id.walk(io);
    file_id.walk(io);
  }
};

/// A file that a sensor saw pass (Zeek's files.log, Suricata's fileinfo).
struct FileSeen {
  TimeUs time{};
  ShortText id;  ///< of the connection that carried it
  ShortText file_id;
  Service service = Service::none;
  std::optional<bool> from_originator;
  std::optional<std::uint64_t> seen;     ///< bytes of content
  std::optional<std::uint64_t> total;    ///< as announced
  std::optional<std::uint64_t> missing;  ///< in gaps: the size is seen + missing
  std::uint64_t line{};
  std::uint32_t file{};
};

/// A session of ssh that a sensor saw (Zeek's ssh.log): no bytes, those have conn.log's `id`.
struct SshSession {
  TimeUs time{};
  Endpoint client;
  Endpoint server;
  ShortText id;
  std::optional<bool> success;
  std::uint64_t line{};
  std::uint32_t file{};
};

/// What a name was answered with (Zeek's dns.log). Views live for the call.
struct NameAnswer {
  static constexpr std::size_t kMostAddresses = 64;
  TimeUs time{};
  Endpoint client;
  std::string_view name;
  std::vector<audit::IpAddress> addresses;  ///< at most kMostAddresses
  std::uint64_t line{};
  std::uint32_t file{};
};

}  // namespace auexfil::flow
