#include "pack.hpp"

#include <array>
#include <cassert>
#include <optional>
#include <type_traits>
#include <vector>

namespace auexfil::transfer {
namespace {

/// Numbers as LEB128, texts behind their length. Stamps, lines and times are told as steps from
/// those before them, so that invocations of one job look alike and compress well.
class Writer {
 public:
  explicit Writer(std::string& bytes) : bytes_(bytes) {}

  void number(std::uint64_t& value) {
    std::uint64_t rest = value;
    for (; rest >= 0x80; rest >>= 7) {
      bytes_.push_back(static_cast<char>(rest | 0x80));
    }
    bytes_.push_back(static_cast<char>(rest));
  }
  void text(std::string& value) {
    std::uint64_t size = value.size();
    number(size);
    bytes_ += value;
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
  void text(std::string& value) {
    std::uint64_t size = 0;
    number(size);
    assert(size <= rest_.size());
    value.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
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
    list(it.legs, [&](Leg& leg) { this->leg(leg); });
    texts(it.owner_hosts);
    list(it.peers, [&](ArgPeer& peer) {
      io_.text(peer.host);
      small(peer.direction);
      small(peer.port);
      flags(peer.by_default);
    });
    fact(it.program);
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
  void texts(std::vector<std::string>& parts) {
    list(parts, [&](std::string& part) { io_.text(part); });
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

  void leg(Leg& it) {
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
                                  &it.messages_out, &it.connections, &it.addresses}) {
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

  void program(Program& it) {
    small(it.pid);
    io_.text(it.exe);
    io_.text(it.comm);
    texts(it.argv);
  }

  void fact(Fact& it) {
    io_.text(it.tool);
    small(it.automation);
    flags(it.scripted);
    list(it.reasons, [&](Reason& reason) {
      io_.text(reason.sign);
      io_.text(reason.text);
      optional(reason.event, [&](audit::Stamp& event) { stamp(event); });
    });
    optional(it.job, [&](Job& job) {
      io_.text(job.kind);
      io_.text(job.what);
      optional(job.artefact, [&](std::string& artefact) { io_.text(artefact); });
    });
    for (std::optional<std::uint32_t>* id : {&it.auid, &it.uid, &it.ses}) {
      optional(*id, [&](std::uint32_t& number) { small(number); });
    }
    program(it.process);
    small(it.ppid);
    optional(it.cwd, [&](std::string& text) { io_.text(text); });
    optional(it.script, [&](std::string& text) { io_.text(text); });
    list(it.lineage, [&](Program& ancestor) { program(ancestor); });
    texts(it.notes);
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
