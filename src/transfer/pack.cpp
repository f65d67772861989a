#include "pack.hpp"

#include <array>
#include <cassert>
#include <optional>
#include <type_traits>
#include <vector>

namespace auexfil::transfer {
namespace {

/// Numbers as LEB128. Stamps, lines and times are told as steps from
/// those before them, so that invocations of one job look alike and compress well.
class Writer {
 public:
  explicit Writer(std::string& bytes) : bytes_(bytes) {}

  void number(std::uint64_t& value) {
    std::array<char, 10> made;
    std::size_t size = 0;
    std::uint64_t rest = value;
    for (; rest >= 0x80; rest >>= 7) {
      made[size++] = static_cast<char>(rest | 0x80);
    }
    made[size++] = static_cast<char>(rest);
    bytes_.append(made.data(), size);
  }
  void address(audit::IpAddress& value) {
    bytes_.push_back(value.is_v4() ? 4 : 6);
    const std::size_t from = value.is_v4() ? 12 : 0;
    bytes_.append(reinterpret_cast<const char*>(value.bytes().data()) + from, 16 - from);
  }

 private:
  std::string& bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  void number(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0;; shift += 7) {
      assert(!rest_.empty() && shift < 64);
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) {
        return;
      }
    }
  }
  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

  void address(audit::IpAddress& value) {
    assert(!rest_.empty() && (rest_.front() == 4 || rest_.front() == 6));
    const bool is_v4 = rest_.front() == 4;
    rest_.remove_prefix(1);
    const auto take = [&](auto bytes) {
      for (auto& byte : bytes) {
        byte = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
      }
      return bytes;
    };
    value = is_v4 ? audit::IpAddress::v4(take(std::array<std::uint8_t, 4>{}))
                  : audit::IpAddress::v6(take(std::array<std::uint8_t, 16>{}));
  }

 private:
  std::string_view rest_;
};

/// Both ways through one description, so that they cannot differ.
template <typename Io>
class Packing {
 public:
  Packing(Io& io, const Tools& tools) : io_(io), tools_(tools) {}

  void invocation(Invocation& it) {
    place(it.began);
    std::uint64_t tool = tools_.number_of(it.tool);
    io_.number(tool);
    it.tool = tools_.by_number(tool);
    flags(it.by_argv, it.has_exec, it.argv_cut);
    list(it.connections, [&](Connection& connection) { this->connection(connection); });
    list(it.owner_hosts, [&](TextId& host) { small(host); });
    list(it.peers, [&](Invocation::NamedPeer& peer) {
      small(peer.host);
      small(peer.direction);
      small(peer.port);
      flags(peer.by_default);
    });
    sender(it);
  }

 private:
  template <typename Number>
  void small(Number& value) {
    if constexpr (std::is_same_v<Number, std::uint64_t>) {
      io_.number(value);
    } else {
      auto wide = static_cast<std::uint64_t>(value);
      io_.number(wide);
      value = static_cast<Number>(wide);
    }
  }
  /// As a step, forth or back, from `before`, which then is the value.
  template <typename Number>
  void step(Number& value, Number& before) {
    const auto difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) -
                                                      static_cast<std::uint64_t>(before));
    std::uint64_t folded =
        static_cast<std::uint64_t>(difference) << 1U ^ static_cast<std::uint64_t>(difference >> 63);
    io_.number(folded);
    value = static_cast<Number>(static_cast<std::uint64_t>(before) +
                                (folded >> 1U ^ (0 - (folded & 1U))));
    before = value;
  }
  template <typename... Flags>
  void flags(Flags&... flags) {
    std::uint64_t bits = 0;
    unsigned at = 0;
    ((bits |= std::uint64_t{flags ? 1U : 0U} << at++), ...);
    io_.number(bits);
    at = 0;
    ((flags = (bits >> at++ & 1U) != 0), ...);
  }
  template <typename Part, typename Each>
  void list(std::vector<Part>& parts, const Each& each) {
    std::uint64_t size = parts.size();
    io_.number(size);
    parts.resize(size);
    for (Part& part : parts) {
      each(part);
    }
  }
  template <typename Value, typename Each>
  void optional(std::optional<Value>& value, const Each& each) {
    bool is_there = value.has_value();
    flags(is_there);
    if (!is_there) {
      value.reset();
      return;
    }
    if (!value) {
      value.emplace();
    }
    each(*value);
  }
  void stamp(audit::Stamp& value) {
    step(value.time, before_.event.time);
    step(value.serial, before_.event.serial);
  }
  void place(host::Place& value) {
    stamp(value.event);
    step(value.file, before_.file);
    step(value.line, before_.line);
  }

  void connection(Connection& it) {
    io_.address(it.address);
    small(it.port);
    small(it.exe);
    small(it.auid);
    small(it.depth);
    small(it.role);
    small(it.type);
    small(it.foreign);
    flags(it.sent_to, it.unnamed, it.ephemeral, it.all_created, it.overlap_unknown, it.passed,
          it.opening_unseen, it.socket_call, it.begun, it.given_away, it.above_lowest, it.small_out,
          it.is_32, it.untracked, it.open_at_end, it.returned);
    for (std::uint64_t* number : {&it.bytes_out, &it.bytes_in, &it.calls_out, &it.calls_in,
                                  &it.messages_out, &it.times, &it.addresses}) {
      io_.number(*number);
    }
    place(it.made);
    place(it.first_write);
    step(it.first, before_.event.time);
    step(it.last, before_.event.time);
    list(it.calls, [&](host::CallSum& sum) {
      small(sum.call);
      io_.number(sum.calls);
      io_.number(sum.bytes);
    });
    small(it.descriptor.fd);
    small(it.descriptor.pid);
    small(it.by_argv);
    small(it.named);
    small(it.owner_host);
  }

  void program(Invocation::Program& it) {
    small(it.pid);
    small(it.exe);
    small(it.comm);
    small(it.argv);
  }

  /// Who it was, and who started it.
  void sender(Invocation& it) {
    small(it.automation);
    bool has_job = it.job.has_value();
    flags(it.scripted, has_job);
    list(it.reasons, [&](Invocation::Reason& reason) {
      small(reason.sign);
      small(reason.text);
      optional(reason.event, [&](audit::Stamp& event) { stamp(event); });
    });
    if (has_job) {
      if (!it.job) {
        it.job = Invocation::Job{};
      }
      small(it.job->kind);
      small(it.job->what);
    } else {
      it.job.reset();
    }
    for (std::uint32_t* const id : {&it.auid, &it.uid, &it.ses}) {
      // Those of nobody, which are the largest of all numbers, as 0.
      std::uint32_t number = *id + 1;
      small(number);
      *id = number - 1;
    }
    program(it.process);
    small(it.ppid);
    small(it.cwd);
    small(it.script);
    small(it.lineage);
    list(it.notes, [&](TextId& note) { small(note); });
  }

  Io& io_;
  const Tools& tools_;
  host::Place before_;
};

}  // namespace

void pack(Invocation& invocation, const Tools& tools, std::string& bytes) {
  [[maybe_unused]] const std::size_t before = bytes.size();
  Writer writer(bytes);
  Packing(writer, tools).invocation(invocation);
#ifndef NDEBUG
  // Both ways take the same fields in the same order.
  Invocation again;
  Reader reader(std::string_view(bytes).substr(before));
  Packing(reader, tools).invocation(again);
  assert(reader.is_at_end());
#endif
}

void unpack(std::string_view bytes, const Tools& tools, Invocation& invocation) {
  Reader reader(bytes);
  Packing(reader, tools).invocation(invocation);
}

}  // namespace auexfil::transfer
