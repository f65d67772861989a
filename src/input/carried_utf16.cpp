#include <string>

#include "auexfil/input/append_utf8.hpp"
#include "carriers.hpp"

namespace auexfil::input {
namespace {

constexpr char32_t kReplacement = 0xfffd;

/// UTF-16 with its mark, as PowerShell writes a file; in it may be any other form.
class Utf16 final : public Carrier {
 public:
  Utf16(bool is_big, std::string_view head) : is_big_(is_big) {
    const std::size_t whole = head.size() / 2 * 2;
    decode(head.substr(0, whole));
    inner_ = carrier_of(text_);
    text_.clear();
    skip_ = 2;
    high_ = 0;
  }

  void take(std::string_view bytes, bool last, PlainLines& to) override {
    while (skip_ > 0 && !bytes.empty()) {
      bytes.remove_prefix(1);
      --skip_;
    }
    if (has_odd_ && !bytes.empty()) {
      const char pair[2] = {odd_, bytes.front()};
      bytes.remove_prefix(1);
      has_odd_ = false;
      decode({pair, 2});
    }
    if (bytes.size() % 2 != 0) {
      odd_ = bytes.back();
      has_odd_ = true;
      bytes.remove_suffix(1);
    }
    decode(bytes);
    if (inner_) {
      inner_->take(text_, last, to);
    } else {
      to.pass(text_);
    }
    text_.clear();
  }

  [[nodiscard]] const CarrierBounds& bounds() const override {
    return inner_ ? inner_->bounds() : bounds_;
  }

 private:
  void decode(std::string_view bytes) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
      const auto first = static_cast<unsigned char>(bytes[i]);
      const auto second = static_cast<unsigned char>(bytes[i + 1]);
      const char32_t unit = is_big_ ? static_cast<char32_t>(first << 8 | second)
                                    : static_cast<char32_t>(second << 8 | first);
      take_unit(unit);
    }
  }

  void take_unit(char32_t unit) {
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    if (high_ != 0) {
      append_utf8(text_,
                  is_low ? 0x10000 + ((high_ & 0x3ff) << 10 | (unit & 0x3ff)) : kReplacement);
      high_ = 0;
      if (is_low) {
        return;
      }
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
      high_ = unit;
    } else if (unit != 0xfeff) {
      append_utf8(text_, is_low ? kReplacement : unit);
    }
  }

  bool is_big_;
  std::unique_ptr<Carrier> inner_;
  std::string text_;
  std::size_t skip_ = 0;  ///< the mark
  bool has_odd_ = false;
  char odd_ = 0;
  char32_t high_ = 0;  ///< the first half of a pair
};

}  // namespace

bool is_utf16(std::string_view head) {
  return head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff");
}

std::unique_ptr<Carrier> make_utf16(std::string_view head) {
  return std::make_unique<Utf16>(head.starts_with("\xfe\xff"), head);
}

}  // namespace auexfil::input
