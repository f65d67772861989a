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
  entries_.push_back({invocation.low(), static_cast<std::uint32_t>(chunks_.size()),
                      static_cast<std::uint32_t>(open_.size())});
  pack(invocation, tools_, open_);
  if (open_.size() >= kChunk) {
    close_chunk();
  }
  return true;
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
  const Chunk& from = chunks_[chunk];
  made.chunk = chunk;
  made.bytes.resize(from.unpacked);
  if (from.size == from.unpacked) {
    made.bytes.assign(from.bytes.get(), from.size);
  } else if (const std::size_t size =
                 ZSTD_decompressDCtx(zstd_->unpacker, made.bytes.data(), made.bytes.size(),
                                     from.bytes.get(), from.size);
             size != from.unpacked) {
    throw std::bad_alloc();  // nothing else can go wrong with what was packed here
  }
  return made.bytes;
}

void InvocationStore::for_each(const std::function<void(const Invocation&)>& sink) {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.low, a.chunk, a.offset) < std::tie(b.low, b.chunk, b.offset);
  });
  Invocation invocation;
  for (const Entry& entry : entries_) {
    transfer::unpack(std::string_view(unpack(entry.chunk)).substr(entry.offset), tools_,
                     invocation);
    sink(invocation);
  }
  unpacked_.clear();
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
  const std::size_t count = io.size(entries_.size(), kMost);
  Packing packing(io, tools, {texts_.size(), symbols, ancestors_.size()});
  Invocation invocation;
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (Io::kReads) {
      packing.invocation(invocation);
      static_cast<void>(add(invocation));
    } else {
      transfer::unpack(std::string_view(unpack(entries_[i].chunk)).substr(entries_[i].offset),
                       tools_, invocation);
      packing.invocation(invocation);
    }
  }
  unpacked_.clear();
}

template void InvocationStore::walk(input::StateWriter&, const StateTools&, std::size_t);
template void InvocationStore::walk(input::StateReader&, const StateTools&, std::size_t);

}  // namespace auexfil::transfer
