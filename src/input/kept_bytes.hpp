#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "auexfil/input/tree.hpp"

struct ZSTD_CCtx_s;

namespace auexfil::input {

/// Memory that many share. Safe from any thread.
class Budget {
 public:
  explicit Budget(std::uint64_t bytes) : left_(static_cast<std::int64_t>(bytes)) {}
  [[nodiscard]] bool take(std::size_t bytes);
  void give(std::size_t bytes) { left_ += static_cast<std::int64_t>(bytes); }

 private:
  std::atomic<std::int64_t> left_;
};

/// The beginning of a file, or all of it, kept compressed: what lies behind another compression is
/// had again without a further pass over that.
class KeptBytes {
 public:
  KeptBytes(std::shared_ptr<Budget> budget, std::uint64_t most);
  ~KeptBytes();
  KeptBytes(const KeptBytes&) = delete;
  KeptBytes& operator=(const KeptBytes&) = delete;

  /// Once, before the rest. \return false where there is no room; then nothing is kept.
  [[nodiscard]] bool keep_head(std::string_view head);
  /// \return false where there is no room; then the head alone is kept.
  [[nodiscard]] bool keep(std::string_view more);
  /// The head is not all of it, and the rest is not kept.
  void keep_no_more();
  /// All of the file has been given.
  void finish();

  [[nodiscard]] bool has_head() const noexcept { return head_blocks_ > 0; }
  [[nodiscard]] bool is_whole() const noexcept { return whole_; }
  /// \param kept  outlives the source.
  [[nodiscard]] static std::unique_ptr<ByteSource> open(std::shared_ptr<const KeptBytes> kept);

 private:
  class Reader;

  bool begin_block();
  void close_block();
  bool compress(std::string_view text, bool last);
  void drop_from(std::size_t block);

  std::shared_ptr<Budget> budget_;
  std::unique_ptr<ZSTD_CCtx_s, void (*)(ZSTD_CCtx_s*)> context_;
  std::uint64_t most_;
  std::uint64_t used_ = 0;                 ///< Of the budget.
  std::vector<std::vector<char>> blocks_;  ///< Frames of zstd: the head's, and that of the rest.
  std::size_t head_blocks_ = 0;
  bool gave_up_ = false;
  bool whole_ = false;
};

}  // namespace auexfil::input
