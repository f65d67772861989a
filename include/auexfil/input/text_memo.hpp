#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/text_hash.hpp"

namespace auexfil::input {

/// Answers to texts that repeat (the tail of a record, a command line), each kept for as long as
/// its text is among the last that were asked for. A table by hash, in which one text drives out
/// another; it grows while they do. A cache: whoever asks must be able to answer anew.
template <typename Answer>
class TextMemo {
 public:
  /// Longer texts are not kept: records are 8 KiB at most, and those that repeat are short.
  static constexpr std::size_t kLongest = 1024;

  /// \param most  texts that are kept, a power of two.
  explicit TextMemo(std::size_t most) : most_(most) {}

  struct Place {
    Answer& answer;
    bool is_known;  ///< `answer` is this text's; else it is another's or none, and to be written
  };
  /// \return valid until the next call. Of a long text a place that is never known.
  [[nodiscard]] Place place_of(std::string_view text) {
    if (text.size() > kLongest) {
      return {not_kept_, false};
    }
    const std::uint64_t hash = text_hash(text);
    if (displaced_ >= known_.size() && known_.size() < most_) {
      // One host of thousands has a few, a busy one has what its accounts and jobs make.
      known_.resize(std::max<std::size_t>(2 * known_.size(), 4));
      displaced_ = 0;
    }
    Known& known = known_[hash % known_.size()];
    if (known.is_used && known.hash == hash && known.text == text) {
      return {known.answer, true};
    }
    displaced_ += known.is_used ? 1U : 0U;
    known.is_used = true;
    known.hash = hash;
    known.text.assign(text);
    return {known.answer, false};
  }
  /// What was written to the place of `text` is not its answer after all.
  void forget(std::string_view text) {
    const std::uint64_t hash = text_hash(text);
    if (!known_.empty() && known_[hash % known_.size()].hash == hash) {
      known_[hash % known_.size()].is_used = false;
    }
  }
  void clear() { known_.clear(); }

 private:
  struct Known {
    std::uint64_t hash{};
    bool is_used{};
    std::string text;
    Answer answer{};
  };
  std::size_t most_;
  std::vector<Known> known_;
  std::size_t displaced_ = 0;
  Answer not_kept_{};
};

}  // namespace auexfil::input
