#include "kept_bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>
#include <zstd.h>

namespace auexfil::input {
namespace {

constexpr std::size_t kBlock = std::size_t{64} << 10;
constexpr int kFast = 1;

void free_context(ZSTD_CCtx* context) {
  ZSTD_freeCCtx(context);
}

}  // namespace

bool Budget::take(std::size_t bytes) {
  if (left_.fetch_sub(static_cast<std::int64_t>(bytes)) < static_cast<std::int64_t>(bytes)) {
    give(bytes);
    return false;
  }
  return true;
}

KeptBytes::KeptBytes(std::shared_ptr<Budget> budget, std::uint64_t most)
    : budget_(std::move(budget)), context_(ZSTD_createCCtx(), free_context), most_(most) {
  if (context_ == nullptr) {
    throw std::bad_alloc();
  }
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kFast);
}

KeptBytes::~KeptBytes() {
  budget_->give(used_);
}

/// Blocks are paid for as they are begun, and cost what they hold once they are closed.
bool KeptBytes::begin_block() {
  if (used_ + kBlock > most_ || !budget_->take(kBlock)) {
    return false;
  }
  used_ += kBlock;
  blocks_.emplace_back().reserve(kBlock);
  return true;
}

void KeptBytes::close_block() {
  std::vector<char>& block = blocks_.back();
  block.shrink_to_fit();
  budget_->give(kBlock - block.size());
  used_ -= kBlock - block.size();
}

/// Blocks from that one on, of which the last is not closed.
void KeptBytes::drop_from(std::size_t block) {
  std::size_t bytes = block < blocks_.size() ? kBlock - blocks_.back().size() : 0;
  for (std::size_t i = block; i < blocks_.size(); ++i) {
    bytes += blocks_[i].size();
  }
  budget_->give(bytes);
  used_ -= bytes;
  blocks_.resize(std::min(block, blocks_.size()));
}

bool KeptBytes::compress(std::string_view text, bool last) {
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  std::size_t left = 0;
  do {
    if (blocks_.back().size() == kBlock && !begin_block()) {
      return false;
    }
    std::vector<char>& block = blocks_.back();
    const std::size_t before = block.size();
    block.resize(kBlock);
    ZSTD_outBuffer out{block.data(), kBlock, before};
    left = ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    block.resize(out.pos);
    if (ZSTD_isError(left) != 0) {
      return false;
    }
  } while (in.pos < in.size || (last && left > 0));
  return true;
}

bool KeptBytes::keep_head(std::string_view head) {
  if (!begin_block() || !compress(head, true)) {
    drop_from(0);
    gave_up_ = true;
    return false;
  }
  close_block();
  head_blocks_ = blocks_.size();
  return true;
}

bool KeptBytes::keep(std::string_view more) {
  if (gave_up_) {
    return false;
  }
  const bool is_first = blocks_.size() == head_blocks_;
  if ((is_first && !begin_block()) || !compress(more, false)) {
    keep_no_more();
    return false;
  }
  return true;
}

void KeptBytes::keep_no_more() {
  drop_from(head_blocks_);
  gave_up_ = true;
}

void KeptBytes::finish() {
  if (!gave_up_ && blocks_.size() > head_blocks_) {
    if (compress({}, true)) {
      close_block();
    } else {
      keep_no_more();
    }
  }
  whole_ = !gave_up_;
  context_.reset();
}

class KeptBytes::Reader final : public ByteSource {
 public:
  explicit Reader(std::shared_ptr<const KeptBytes> kept)
      : kept_(std::move(kept)), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) {
      throw std::bad_alloc();
    }
  }
  ~Reader() override { ZSTD_freeDCtx(context_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::size_t read(char* to, std::size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0 && size > 0) {
      const bool at_end = block_ == kept_->blocks_.size();
      const std::vector<char>* const block = at_end ? nullptr : &kept_->blocks_[block_];
      ZSTD_inBuffer in{at_end ? nullptr : block->data(), at_end ? 0 : block->size(), at_};
      const std::size_t code = ZSTD_decompressStream(context_, &out, &in);
      if (ZSTD_isError(code) != 0) {
        errno_ = EIO;
        return 0;
      }
      at_ = in.pos;
      if (at_end) {
        break;
      }
      if (at_ == block->size()) {
        ++block_;
        at_ = 0;
      }
    }
    return out.pos;
  }
  [[nodiscard]] int error() const noexcept override { return errno_; }

 private:
  std::shared_ptr<const KeptBytes> kept_;
  ZSTD_DCtx* context_;
  std::size_t block_ = 0;
  std::size_t at_ = 0;
  int errno_ = 0;
};

std::unique_ptr<ByteSource> KeptBytes::open(std::shared_ptr<const KeptBytes> kept) {
  return std::make_unique<Reader>(std::move(kept));
}

}  // namespace auexfil::input
