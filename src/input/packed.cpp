#include "auexfil/input/packed.hpp"

#include <stdexcept>
#include <zstd.h>

namespace auexfil::input {
namespace {

std::size_t checked(std::size_t size) {
  if (ZSTD_isError(size) != 0) {
    throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(size));
  }
  return size;
}

}  // namespace

Packer::Packer()
    : context_(ZSTD_createCCtx(),
               [](ZSTD_CCtx_s* context) { static_cast<void>(ZSTD_freeCCtx(context)); }) {}

std::string Packer::pack(std::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(checked(ZSTD_compressCCtx(context_.get(), packed.data(), packed.size(), text.data(),
                                          text.size(), 1)));
  packed.shrink_to_fit();
  return packed;
}

std::string unpack(std::string_view packed) {
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  std::string text(checked(static_cast<std::size_t>(size)), '\0');
  text.resize(checked(ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size())));
  return text;
}

}  // namespace auexfil::input
