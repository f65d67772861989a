#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace auexfil::input {

/// How a file is compressed, told by its first bytes.
enum class Coding : std::uint8_t { none, gzip, zstd, xz, bzip2, lz4 };

[[nodiscard]] Coding coding_of(std::string_view head);
[[nodiscard]] std::string_view coding_name(Coding coding);

/// What a decoder reads from and writes to; both ends move on as it works.
struct Window {
  const char* in{};
  std::size_t in_left{};
  char* out{};
  std::size_t out_left{};
};

enum class Step : std::uint8_t {
  going,
  stream_end,  ///< One member, frame or stream is whole and its checksum right; more may follow.
  corrupt,
};

/// One compressed stream after the other, in the codec's own library. libarchive's filters are not
/// used here: they do not verify gzip's checksum and give up the last block before damage.
class Decoder {
 public:
  Decoder() = default;
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Moves some bytes. Nothing consumed and nothing produced: it wants more input.
  [[nodiscard]] virtual Step step(Window& window) = 0;

  /// Makes ready for a further stream behind one that ended.
  virtual void restart() = 0;

  /// Another that goes on from here, from the same place of the same input; null where the library
  /// cannot. It takes some 90 KB.
  [[nodiscard]] virtual std::unique_ptr<Decoder> clone() const { return nullptr; }
};

/// \return null for Coding::none. Throws std::bad_alloc when the library has no memory.
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(Coding coding);

/// The two that read gzip: by zlib, and by ISA-L where it was there to build with (else null).
[[nodiscard]] std::unique_ptr<Decoder> make_zlib_gzip();
[[nodiscard]] std::unique_ptr<Decoder> make_isal_gzip();

}  // namespace auexfil::input
