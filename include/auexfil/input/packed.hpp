#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;

namespace auexfil::input {

/// Makes texts small that wait in memory, fast rather than well (zstd's level 1).
class Packer {
 public:
  Packer();
  /// \return a frame that knows its size; throws std::runtime_error where zstd fails.
  [[nodiscard]] std::string pack(std::string_view text);

 private:
  std::unique_ptr<ZSTD_CCtx_s, void (*)(ZSTD_CCtx_s*)> context_;
};

/// The way back, of what a Packer of this process has made.
[[nodiscard]] std::string unpack(std::string_view packed);

}  // namespace auexfil::input
