#include "decoder.hpp"

#include <algorithm>
#include <bzlib.h>
#include <limits>
#include <lz4frame.h>
#include <lzma.h>
#include <new>
#include <utility>
#include <zlib.h>
#include <zstd.h>

namespace auexfil::input {
namespace {

// zlib and bzip2 count in unsigned int.
unsigned int clamp(std::size_t n) {
  return static_cast<unsigned int>(
      std::min<std::size_t>(n, std::numeric_limits<unsigned int>::max()));
}

/// Takes over what the library consumed and produced.
template <typename Stream>
void advance(Window& window, const Stream& stream, unsigned int gave_in, unsigned int gave_out) {
  const std::size_t consumed = gave_in - stream.avail_in;
  const std::size_t produced = gave_out - stream.avail_out;
  window.in += consumed;
  window.in_left -= consumed;
  window.out += produced;
  window.out_left -= produced;
}

class Gzip final : public Decoder {
 public:
  Gzip() {
    // 15 bits of window, +16: a gzip header and trailer, nothing else.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Step step(Window& window) override {
    const unsigned int in = clamp(window.in_left);
    const unsigned int out = clamp(window.out_left);
    // The library only reads its input, in spite of the types.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(window.in));
    stream_.avail_in = in;
    stream_.next_out = reinterpret_cast<Bytef*>(window.out);
    stream_.avail_out = out;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    advance(window, stream_, in, out);
    if (code == Z_STREAM_END) {
      return Step::stream_end;
    }
    return code == Z_OK || code == Z_BUF_ERROR ? Step::going : Step::corrupt;
  }

  void restart() override { inflateReset(&stream_); }

  std::unique_ptr<Decoder> clone() const override {
    auto made = std::make_unique<Gzip>();
    inflateEnd(&made->stream_);
    // The library takes what it copies by a pointer to what may change, and changes nothing.
    if (inflateCopy(&made->stream_, const_cast<z_stream*>(&stream_)) != Z_OK) {
      made->stream_ = {};
      return nullptr;
    }
    return made;
  }

 private:
  z_stream stream_{};
};

class Bzip2 final : public Decoder {
 public:
  Bzip2() { begin(); }
  ~Bzip2() override { BZ2_bzDecompressEnd(&stream_); }
  Bzip2(const Bzip2&) = delete;
  Bzip2& operator=(const Bzip2&) = delete;

  Step step(Window& window) override {
    const unsigned int in = clamp(window.in_left);
    const unsigned int out = clamp(window.out_left);
    stream_.next_in = const_cast<char*>(window.in);  // as with zlib
    stream_.avail_in = in;
    stream_.next_out = window.out;
    stream_.avail_out = out;
    const int code = BZ2_bzDecompress(&stream_);
    advance(window, stream_, in, out);
    if (code == BZ_STREAM_END) {
      return Step::stream_end;
    }
    return code == BZ_OK ? Step::going : Step::corrupt;
  }

  void restart() override {
    BZ2_bzDecompressEnd(&stream_);
    begin();
  }

 private:
  void begin() {
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) {
      throw std::bad_alloc();
    }
  }

  bz_stream stream_{};
};

class Xz final : public Decoder {
 public:
  Xz() { restart(); }
  ~Xz() override { lzma_end(&stream_); }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;

  Step step(Window& window) override {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(window.in);
    stream_.avail_in = window.in_left;
    stream_.next_out = reinterpret_cast<std::uint8_t*>(window.out);
    stream_.avail_out = window.out_left;
    const lzma_ret code = lzma_code(&stream_, LZMA_RUN);
    const std::size_t consumed = window.in_left - stream_.avail_in;
    const std::size_t produced = window.out_left - stream_.avail_out;
    window = {window.in + consumed, stream_.avail_in, window.out + produced, stream_.avail_out};
    if (code == LZMA_STREAM_END) {
      return Step::stream_end;
    }
    return code == LZMA_OK || code == LZMA_BUF_ERROR ? Step::going : Step::corrupt;
  }

  void restart() override {
    // `xz -9` needs 65 MiB; a header that asks for much more is an attack.
    constexpr std::uint64_t kMemoryLimit = std::uint64_t{256} << 20;
    if (lzma_stream_decoder(&stream_, kMemoryLimit, 0) != LZMA_OK) {
      throw std::bad_alloc();
    }
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Zstd final : public Decoder {
 public:
  Zstd() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) {
      throw std::bad_alloc();
    }
  }
  ~Zstd() override { ZSTD_freeDCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  Step step(Window& window) override {
    ZSTD_inBuffer in{window.in, window.in_left, 0};
    ZSTD_outBuffer out{window.out, window.out_left, 0};
    const std::size_t code = ZSTD_decompressStream(context_, &out, &in);
    window = {window.in + in.pos, in.size - in.pos, window.out + out.pos, out.size - out.pos};
    if (ZSTD_isError(code) != 0) {
      return Step::corrupt;
    }
    return code == 0 ? Step::stream_end : Step::going;
  }

  void restart() override { ZSTD_DCtx_reset(context_, ZSTD_reset_session_only); }

 private:
  ZSTD_DCtx* context_;
};

class Lz4 final : public Decoder {
 public:
  Lz4() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) {
      throw std::bad_alloc();
    }
  }
  ~Lz4() override { LZ4F_freeDecompressionContext(context_); }
  Lz4(const Lz4&) = delete;
  Lz4& operator=(const Lz4&) = delete;

  Step step(Window& window) override {
    std::size_t in = window.in_left;
    std::size_t out = window.out_left;
    const std::size_t code = LZ4F_decompress(context_, window.out, &out, window.in, &in, nullptr);
    if (LZ4F_isError(code) != 0) {
      return Step::corrupt;
    }
    window = {window.in + in, window.in_left - in, window.out + out, window.out_left - out};
    return code == 0 ? Step::stream_end : Step::going;
  }

  void restart() override { LZ4F_resetDecompressionContext(context_); }

 private:
  LZ4F_dctx* context_ = nullptr;
};

bool is_zstd(std::string_view head) {
  // A frame, or a skippable frame before it (pzstd, seekable zstd).
  return head.starts_with("\x28\xb5\x2f\xfd") ||
         (head.size() >= 4 && head.substr(1, 3) == "\x2a\x4d\x18" && (head[0] & '\xf0') == 0x50);
}

}  // namespace

Coding coding_of(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\x1f\x8b\x08"sv)) {
    return Coding::gzip;
  }
  if (is_zstd(head)) {
    return Coding::zstd;
  }
  if (head.starts_with("\xfd\x37zXZ\0"sv)) {
    return Coding::xz;
  }
  if (head.starts_with("\x04\x22\x4d\x18"sv)) {
    return Coding::lz4;
  }
  if (head.starts_with("BZh"sv) && head.size() >= 4 && head[3] >= '1' && head[3] <= '9') {
    return Coding::bzip2;
  }
  return Coding::none;
}

std::string_view coding_name(Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return "gzip";
    case Coding::zstd:
      return "zstd";
    case Coding::xz:
      return "xz";
    case Coding::bzip2:
      return "bzip2";
    case Coding::lz4:
      return "lz4";
    case Coding::none:
      break;
  }
  return "plain";
}

std::unique_ptr<Decoder> make_zlib_gzip() {
  return std::make_unique<Gzip>();
}

std::unique_ptr<Decoder> make_decoder(Coding coding) {
  switch (coding) {
    case Coding::gzip: {
      auto fast = make_isal_gzip();
      return fast ? std::move(fast) : make_zlib_gzip();
    }
    case Coding::zstd:
      return std::make_unique<Zstd>();
    case Coding::xz:
      return std::make_unique<Xz>();
    case Coding::bzip2:
      return std::make_unique<Bzip2>();
    case Coding::lz4:
      return std::make_unique<Lz4>();
    case Coding::none:
      break;
  }
  return nullptr;
}

}  // namespace auexfil::input
