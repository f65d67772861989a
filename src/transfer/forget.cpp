#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/transfer/invocation_store.hpp"
#include "pack.hpp"
#include "packing.hpp"

namespace auexfil::transfer {
namespace {

/// No fact of it ends after.
audit::TimeMs high(const Invocation& invocation) {
  audit::TimeMs high = invocation.began.event.time;
  for (const Connection& connection : invocation.connections) {
    high = std::max(high, connection.last);
  }
  return high;
}

/// Takes what an invocation refers to over into another store. As an Io of Packing it is told of
/// each reference by below(), with the limit of its kind; the rest stays as it is, symbols of the
/// host too.
class Moving {
 public:
  static constexpr bool kReads = false;
  static constexpr PackLimits kLimits{SIZE_MAX - 1, SIZE_MAX, SIZE_MAX - 3};

  Moving(const InvocationStore& from, InvocationStore& to)
      : from_(from), to_(to), texts_(from.texts()), ancestors_(from.ancestors() + 1) {}

  void text(TextId& id) {
    if (id != 0 && texts_[id] == 0) {
      texts_[id] = to_.intern(from_.text(id));
    }
    id = texts_[id];
  }
  std::uint32_t ancestor(std::uint32_t number) {
    std::vector<std::uint32_t> line;  // nearest first, as far as they are not there yet
    for (; number != 0 && ancestors_[number] == 0; number = from_.ancestor(number).above) {
      line.push_back(number);
    }
    std::uint32_t above = ancestors_[number];
    for (auto at = line.rbegin(); at != line.rend(); ++at) {
      InvocationStore::Ancestor made = from_.ancestor(*at);
      text(made.program.exe);
      text(made.program.comm);
      text(made.program.argv);
      text(made.script);
      made.above = above;
      ancestors_[*at] = above = to_.add_ancestor(made);
    }
    return above;
  }

  template <typename Number>
  void below(Number& value, std::size_t limit) {
    if (limit == kLimits.texts) {
      auto id = static_cast<TextId>(value);
      text(id);
      value = static_cast<Number>(id);
    } else if (limit == kLimits.ancestors + 1) {
      value = static_cast<Number>(ancestor(static_cast<std::uint32_t>(value)));
    }
  }
  template <typename Part, typename Each>
  void list(std::vector<Part>& parts, std::size_t /*most*/, const Each& each) {
    for (Part& part : parts) {
      each(part);
    }
  }
  template <typename Part, typename Each>
  void optional(std::optional<Part>& part, const Each& each) {
    if (part) {
      each(*part);
    }
  }
  template <typename Number>
  void step(Number& /*value*/, Number& /*before*/) {}
  template <typename Word>
  void enumerator(Word& /*value*/, Word /*last*/) {}
  template <typename Number>
  void number(Number& /*value*/) {}
  template <typename Number>
  void id(Number& /*value*/) {}
  void bytes(void* /*data*/, std::size_t /*size*/) {}
  template <typename... Numbers>
  void numbers(Numbers&... /*values*/) {}
  template <typename... Flags>
  void flags(Flags&&... /*values*/) {}

 private:
  const InvocationStore& from_;
  InvocationStore& to_;
  std::vector<TextId> texts_;             ///< by their ids in the other
  std::vector<std::uint32_t> ancestors_;  ///< by their numbers there
};

}  // namespace

void InvocationStore::forget_before(audit::TimeMs time) {
  InvocationStore kept(tools_);
  Moving moving(*this, kept);
  Packing packing(moving, tools_, Moving::kLimits);
  Invocation invocation;
  for (const Entry& entry : entries_) {
    transfer::unpack(std::string_view(unpack(entry.chunk)).substr(entry.offset), tools_,
                     invocation);
    if (high(invocation) >= time) {
      packing.invocation(invocation);
      static_cast<void>(kept.add(invocation));
    }
  }
  texts_ = std::move(kept.texts_);
  ancestors_ = std::move(kept.ancestors_);
  zstd_.swap(kept.zstd_);
  open_ = std::move(kept.open_);
  chunks_ = std::move(kept.chunks_);
  entries_ = std::move(kept.entries_);
  unpacked_.clear();
}

}  // namespace auexfil::transfer
