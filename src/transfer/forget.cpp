#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/transfer/invocation_store.hpp"
#include "packing.hpp"

namespace auexfil::transfer {
namespace {

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

bool InvocationStore::forget_before(audit::TimeMs time) {
  forget_entries(time);
  if (forgotten_ <= entries_.size()) {
    return false;
  }
  leave_unused();
  return true;
}

/// Chunks that are all of one kind are not looked into.
void InvocationStore::forget_entries(audit::TimeMs time) {
  const std::vector<std::size_t> held = counts();
  std::vector<Chunk> chunks = std::exchange(chunks_, {});
  const std::deque<Entry> entries = std::exchange(entries_, {});
  const std::string open = std::exchange(open_, {});
  const Ends open_ends = std::exchange(open_ends_, {});
  unpacked_.clear();
  std::string bytes;
  std::size_t at = 0;
  for (std::size_t i = 0; i < held.size(); ++i) {
    const bool is_open = i == chunks.size();
    const Ends& ends = is_open ? open_ends : chunks[i].ends;
    const std::vector<Entry> some(entries.begin() + static_cast<std::ptrdiff_t>(at),
                                  entries.begin() + static_cast<std::ptrdiff_t>(at + held[i]));
    at += held[i];
    if (ends.last < time) {
      continue;
    }
    if (ends.first >= time && !is_open) {
      keep_chunk(std::move(chunks[i]), some);
      continue;
    }
    if (is_open) {
      bytes = open;
    } else {
      input::StateReader::refuse_unless(unpack(chunks[i], bytes));
    }
    keep_later(bytes, some, time);
  }
  forgotten_ += entries.size() - entries_.size();
}

void InvocationStore::keep_chunk(Chunk chunk, const std::vector<Entry>& entries) {
  if (!open_.empty()) {
    close_chunk();
  }
  for (Entry entry : entries) {
    entry.chunk = static_cast<std::uint32_t>(chunks_.size());
    entries_.push_back(entry);
  }
  chunks_.push_back(std::move(chunk));
}

void InvocationStore::keep_later(std::string_view bytes, const std::vector<Entry>& entries,
                                 audit::TimeMs time) {
  Invocation invocation;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::size_t end = i + 1 < entries.size() ? entries[i + 1].offset : bytes.size();
    const std::string_view packed = bytes.substr(entries[i].offset, end - entries[i].offset);
    unpack(packed, invocation);
    if (invocation.high() >= time) {
      note(invocation);
      open_ += packed;
      close_if_full();
    }
  }
}

/// Takes what is left, and what it refers to, over into another store.
void InvocationStore::leave_unused() {
  InvocationStore kept(tools_);
  Moving moving(*this, kept);
  Packing packing(moving, tools_, Moving::kLimits);
  Invocation invocation;
  for (const Entry& entry : entries_) {
    unpack(std::string_view(unpack(entry.chunk)).substr(entry.offset), invocation);
    packing.invocation(invocation);
    static_cast<void>(kept.add(invocation));
  }
  texts_ = std::move(kept.texts_);
  ancestors_ = std::move(kept.ancestors_);
  zstd_.swap(kept.zstd_);
  open_ = std::move(kept.open_);
  open_ends_ = kept.open_ends_;
  chunks_ = std::move(kept.chunks_);
  entries_ = std::move(kept.entries_);
  unpacked_.clear();
  forgotten_ = 0;
}

}  // namespace auexfil::transfer
