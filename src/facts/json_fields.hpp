#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "auexfil/audit/stamp.hpp"
#include "json_text.hpp"

/// Readers of single JSON values on simdjson's On-Demand. Private to the files that read facts
/// (*_json.cpp). All return false on failure and leave a sentence in error(); an outer object puts
/// its field's name before it.
namespace auexfil::facts {

using Json = simdjson::ondemand::value;

/// A field's name. Compares with literals in line: a call for each of thirty names would be felt.
struct JsonKey {
  std::string_view text;

  template <std::size_t N>
  friend bool operator==(const JsonKey& key, const char (&name)[N]) {
    return key.text.size() == N - 1 && std::memcmp(key.text.data(), name, N - 1) == 0;
  }
};

class JsonFields {
 public:
  [[nodiscard]] const std::string& error() const { return error_; }
  void clear_error() { error_.clear(); }

  bool fail(std::string_view what) {
    error_ = what;
    return false;
  }

  /// Calls `read(key, value)` for each field; a key that it does not know it just leaves.
  template <typename Read>
  bool object(simdjson::simdjson_result<simdjson::ondemand::object> opened, const Read& read) {
    simdjson::ondemand::object object;
    // NOLINTNEXTLINE(performance-move-const-arg): get() wants an rvalue
    if (const auto code = std::move(opened).get(object)) {
      return fail_type(code, "is not an object");
    }
    for (auto field : object) {
      simdjson::ondemand::raw_json_string raw;
      Json value;
      if (const auto code = field.key().get(raw)) {
        return fail_json(code);
      }
      if (const auto code = field.value().get(value)) {
        return fail_json(code);
      }
      const JsonKey key{key_of(raw)};
      if (!read(key, value)) {
        error_.insert(0, std::string(key.text) + (error_.starts_with(kMalformed) ? ": " : " "));
        return false;
      }
    }
    return true;
  }

  /// Calls `read(element)` for each element of an array.
  template <typename Read>
  bool array(Json value, const Read& read) {
    simdjson::ondemand::array array;
    if (const auto code = value.get_array().get(array)) {
      return fail_type(code, "is not an array");
    }
    for (auto element : array) {
      Json item;
      if (const auto code = element.get(item)) {
        return fail_json(code);
      }
      if (!read(item)) {
        return false;
      }
    }
    return true;
  }

  /// As array(), into a vector whose elements keep their buffers from line to line.
  template <typename T, typename Read>
  bool list(Json value, std::vector<T>& items, const Read& read) {
    std::size_t count = 0;
    const bool good = array(value, [&](Json item) {
      if (count == items.size()) {
        items.emplace_back();
      }
      return read(item, items[count++]);
    });
    items.resize(count);
    return good;
  }

  bool text(Json value, std::string& out) {
    simdjson::ondemand::raw_json_string raw;
    if (const auto code = value.get_raw_json_string().get(raw)) {
      return fail_type(code, "is not a string");
    }
    return decode_json_text(raw.raw(), out) || fail("holds an escape that JSON does not have");
  }

  bool texts(Json value, std::vector<std::string>& out) {
    return list(value, out, [this](Json item, std::string& to) { return text(item, to); });
  }

  bool flag(Json value, bool& out) {
    if (const auto code = value.get_bool().get(out)) {
      return fail_type(code, "is neither true nor false");
    }
    return true;
  }

  template <std::unsigned_integral Number>
  bool number(Json value, Number& out) {
    std::uint64_t wide = 0;
    if (const auto code = value.get_uint64().get(wide)) {
      return fail_type(code, "is not a whole number of 0 or more");
    }
    if (wide > std::numeric_limits<Number>::max()) {
      return fail("is too large");
    }
    out = static_cast<Number>(wide);
    return true;
  }

  bool whole(Json value, std::int64_t& out) {
    if (const auto code = value.get_int64().get(out)) {
      return fail_type(code, "is not a whole number");
    }
    return true;
  }

  bool time(Json value, audit::TimeMs& out) {
    return parsed(value, out, audit::parse_rfc3339, "is not an RFC 3339 time");
  }

  bool stamp(Json value, audit::Stamp& out) {
    return parsed(value, out, audit::parse_stamp, "is not an event such as 1796173321.113:512");
  }

  /// A word of the contract.
  template <typename Enum>
  bool word(Json value, Enum& out, std::optional<Enum> (*from)(std::string_view)) {
    return parsed(value, out, from, "is a word that this program does not know");
  }

  /// A text that `parse` turns into a value.
  template <typename T, typename Parse>
  bool parsed(Json value, T& out, const Parse& parse, std::string_view otherwise) {
    if (!text(value, scratch_)) {
      return false;
    }
    const auto result = parse(std::string_view(scratch_));
    if (!result) {
      return fail(otherwise);
    }
    out = *result;
    return true;
  }

  /// null, or what `read` reads.
  template <typename T, typename Read>
  bool maybe(Json value, std::optional<T>& out, const Read& read) {
    bool is_null = false;
    if (const auto code = value.is_null().get(is_null)) {
      return fail_json(code);
    }
    if (is_null) {
      out.reset();
      return true;
    }
    if (!out) {
      out.emplace();
    }
    return read(value, *out);
  }

  bool maybe_text(Json value, std::optional<std::string>& out) {
    return maybe(value, out, [this](Json item, std::string& to) { return text(item, to); });
  }

  template <typename Number>
  bool maybe_number(Json value, std::optional<Number>& out) {
    return maybe(value, out, [this](Json item, Number& to) { return number(item, to); });
  }

  bool fail_json(simdjson::error_code code) {
    return fail(std::string(kMalformed) + simdjson::error_message(code));
  }

 private:
  static constexpr std::string_view kMalformed = "not JSON: ";

  /// As written: a key with escapes is none that we know.
  static std::string_view key_of(simdjson::ondemand::raw_json_string raw) {
    const char* end = raw.raw();
    while (*end != '"') {
      end += *end == '\\' ? 2 : 1;
    }
    return {raw.raw(), static_cast<std::size_t>(end - raw.raw())};
  }

  bool fail_type(simdjson::error_code code, std::string_view what) {
    const bool wrong_type = code == simdjson::INCORRECT_TYPE || code == simdjson::NUMBER_ERROR;
    return wrong_type ? fail(what) : fail_json(code);
  }

  std::string error_;
  std::string scratch_;
};

}  // namespace auexfil::facts
