#include "auexfil/transfer/invocation_store.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <tuple>
#include <utility>
#include <zstd.h>

#include "auexfil/input/state_io.hpp"
#include "pack.hpp"
#include "packing.hpp"
#include "state_tools.hpp"

namespace auexfil::transfer {
namespace {

/// Packed together: the larger, the more repeats in it, and the more is unpacked to read one.
constexpr std::size_t kChunk = std::size_t{64} << 10;
/// Chunks that stay unpacked while facts are made, 4 MB: where there are no exits invocations end
/// in another order than they began.
constexpr std::size_t kUnpacked = 64;
/// Its texts may take whatever there is: InvocationStore::add() is what is bounded.
constexpr std::size_t kMaxTextBytes = SIZE_MAX / 2;
/// TransferBuilder's max_invocations, and the sum of the rest.
constexpr std::size_t kMost = std::size_t{1} << 22;
constexpr int kLevel = 1;  // of zstd, its fast one: each transfer pays for it
/// No invocation fills a chunk so far: what says so was not packed here.
constexpr std::uint32_t kMostUnpacked = std::uint32_t{1} << 28;

}  // namespace

struct InvocationStore::Zstd {
  ZSTD_CCtx* packer = ZSTD_createCCtx();
  ZSTD_DCtx* unpacker = ZSTD_createDCtx();

  Zstd() {
    if (packer == nullptr || unpacker == nullptr) {
      throw std::bad_alloc();
    }
  }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
  ~Zstd() {
    ZSTD_freeCCtx(packer);
    ZSTD_freeDCtx(unpacker);
  }
};

audit::TimeMs Invocation::low() const {
  audit::TimeMs low = began.event.time;
  for (const Connection& connection : connections) {
    low = std::min(low, connection.first);
  }
  return low;
}

audit::TimeMs Invocation::high() const {
  audit::TimeMs high = began.event.time;
  for (const Connection& connection : connections) {
    high = std::max(high, connection.last);
  }
  return high;
}

InvocationStore::InvocationStore(const Tools& tools) : tools_(tools), texts_(kMaxTextBytes) {}

TextId InvocationStore::intern_list(std::span<const std::string> words) {
  list_.clear();
  for (const std::string& word : words) {
    list_ += word;
    list_.push_back('\0');
  }
  return texts_.intern(list_);
}

InvocationStore::~InvocationStore() = default;

bool InvocationStore::add(Invocation& invocation) {
  if (entries_.size() >= kMost) {
    return false;
  }
  note(invocation);
  pack(invocation, tools_, open_);
  close_if_full();
  return true;
}

void InvocationStore::close_if_full() {
  if (open_.size() >= kChunk) {
    close_chunk();
  }
}

void InvocationStore::note(const Invocation& invocation) {
  entries_.push_back({invocation.low(), static_cast<std::uint32_t>(chunks_.size()),
                      static_cast<std::uint32_t>(open_.size())});
  open_ends_.add(invocation.high());
}

void InvocationStore::close_chunk() {
  if (zstd_ == nullptr) {
    zstd_ = std::make_unique<Zstd>();
  }
  std::string packed(ZSTD_compressBound(open_.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(zstd_->packer, packed.data(), packed.size(),
                                             open_.data(), open_.size(), kLevel);
  const bool kept = ZSTD_isError(size) != 0 || size >= open_.size();
  const std::string_view bytes =
      kept ? std::string_view(open_) : std::string_view(packed.data(), size);
  Chunk chunk;
  chunk.size = static_cast<std::uint32_t>(bytes.size());
  chunk.unpacked = static_cast<std::uint32_t>(open_.size());
  chunk.ends = std::exchange(open_ends_, {});
  chunk.bytes = std::make_unique_for_overwrite<char[]>(bytes.size());
  std::memcpy(chunk.bytes.get(), bytes.data(), bytes.size());
  chunks_.push_back(std::move(chunk));
  open_.clear();
}

const std::string& InvocationStore::unpack(std::uint32_t chunk) {
  if (chunk == chunks_.size()) {
    return open_;
  }
  const auto known = std::find_if(unpacked_.begin(), unpacked_.end(),
                                  [&](const Unpacked& u) { return u.chunk == chunk; });
  if (known != unpacked_.end()) {
    known->used = ++uses_;
    return known->bytes;
  }
  if (unpacked_.size() < kUnpacked) {
    unpacked_.emplace_back();
  }
  Unpacked& made =
      *std::min_element(unpacked_.begin(), unpacked_.end(),
                        [](const Unpacked& a, const Unpacked& b) { return a.used < b.used; });
  made.used = ++uses_;
  made.chunk = chunk;
  input::StateReader::refuse_unless(unpack(chunks_[chunk], made.bytes));
  return made.bytes;
}

PackLimits InvocationStore::limits() const {
  return is_of_state_ ? PackLimits{texts_.size(), SIZE_MAX, ancestors_.size()} : PackLimits{};
}

void InvocationStore::unpack(std::string_view bytes, Invocation& invocation) const {
  input::StateReader reader(bytes);
  Packing(reader, tools_, limits()).invocation(invocation);
}

bool InvocationStore::unpack(const Chunk& chunk, std::string& bytes) {
  if (chunk.size == chunk.unpacked) {
    bytes.assign(chunk.bytes.get(), chunk.size);
    return true;
  }
  if (zstd_ == nullptr) {
    zstd_ = std::make_unique<Zstd>();
  }
  bytes.resize(chunk.unpacked);
  return ZSTD_decompressDCtx(zstd_->unpacker, bytes.data(), bytes.size(), chunk.bytes.get(),
                             chunk.size) == chunk.unpacked;
}

InvocationStore::Cursor::Cursor(InvocationStore& store) : store_(store) {
  std::sort(store_.entries_.begin(), store_.entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.low, a.chunk, a.offset) < std::tie(b.low, b.chunk, b.offset);
  });
}

InvocationStore::Cursor::~Cursor() {
  store_.unpacked_.clear();
}

bool InvocationStore::Cursor::next(Invocation& invocation) {
  if (at_ == store_.entries_.size()) {
    return false;
  }
  const Entry& entry = store_.entries_[at_++];
  store_.unpack(std::string_view(store_.unpack(entry.chunk)).substr(entry.offset), invocation);
  return true;
}

template <typename Io>
void InvocationStore::walk(Io& io, const StateTools& tools, std::size_t symbols) {
  texts_.walk(io);
  Packing names(io, tools, {texts_.size(), symbols, SIZE_MAX});
  std::uint32_t number = 0;
  io.list(ancestors_, SIZE_MAX, [&](Ancestor& ancestor) {
    names.program(ancestor.program);
    names.text(ancestor.script);
    io.below(ancestor.above, ++number);  // one that comes before, or none
  });
  walk_chunks(io);
  io.number(forgotten_);
  if constexpr (Io::kReads) {
    is_of_state_ = true;
    if (!tools.are_as_before()) {
      pack_again(tools);
    }
  }
}

template <typename Io>
void InvocationStore::walk_chunks(Io& io) {
  const std::size_t chunks = io.size(chunks_.size(), kMost);
  std::size_t first = 0;
  for (std::size_t i = 0; i < chunks; ++i) {
    if (Io::kReads) {
      chunks_.emplace_back();
    }
    Chunk& chunk = chunks_[i];
    io.below(chunk.unpacked, kMostUnpacked);
    first = walk_entries(io, i, first, chunk.unpacked, chunk.ends);
    chunk.size = static_cast<std::uint32_t>(io.size(chunk.size, kMostUnpacked));
    if (Io::kReads) {
      chunk.bytes = std::make_unique_for_overwrite<char[]>(chunk.size);
    }
    io.bytes(chunk.bytes.get(), chunk.size);
  }
  io.text(open_, kMostUnpacked);
  static_cast<void>(walk_entries(io, chunks, first, open_.size(), open_ends_));
}

template <typename Io>
std::size_t InvocationStore::walk_entries(Io& io, std::size_t chunk, std::size_t first,
                                          std::size_t bytes, Ends& ends) {
  std::size_t held = 0;
  while (first + held < entries_.size() && entries_[first + held].chunk == chunk) {
    ++held;
  }
  const std::size_t count = io.size(held, kMost);
  io.refuse_unless(first + count <= kMost);
  if (count > 0) {
    io.times(ends.first, ends.last);
  }
  audit::TimeMs low = 0;
  std::uint32_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (Io::kReads) {
      entries_.push_back({0, static_cast<std::uint32_t>(chunk), 0});
    }
    Entry& entry = entries_[first + i];
    const std::uint32_t before = offset;
    io.step(entry.low, low);
    io.step(entry.offset, offset);
    io.refuse_unless(i == 0 ? entry.offset == 0 : entry.offset > before);
    io.refuse_unless(entry.offset < bytes);
  }
  return first + count;
}

void InvocationStore::pack_again(const StateTools& tools) {
  const std::vector<Chunk> chunks = std::exchange(chunks_, {});
  const std::deque<Entry> entries = std::exchange(entries_, {});
  const std::string open = std::exchange(open_, {});
  open_ends_ = {};
  std::string bytes;
  auto unpacked = static_cast<std::uint32_t>(chunks.size());
  Invocation invocation;
  for (const Entry& entry : entries) {
    const bool is_open = entry.chunk == chunks.size();
    if (!is_open && entry.chunk != unpacked) {
      input::StateReader::refuse_unless(unpack(chunks[entry.chunk], bytes));
      unpacked = entry.chunk;
    }
    input::StateReader reader(std::string_view(is_open ? open : bytes).substr(entry.offset));
    Packing(reader, tools, limits()).invocation(invocation);
    static_cast<void>(add(invocation));
  }
}

std::vector<std::size_t> InvocationStore::counts() const {
  std::vector<std::size_t> counts(chunks_.size() + 1, 0);
  for (const Entry& entry : entries_) {
    ++counts[entry.chunk];
  }
  return counts;
}

template void InvocationStore::walk(input::StateWriter&, const StateTools&, std::size_t);
template void InvocationStore::walk(input::StateReader&, const StateTools&, std::size_t);

}  // namespace auexfil::transfer
