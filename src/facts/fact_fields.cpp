#include "fact_fields.hpp"

#include <charconv>
#include <optional>
#include <type_traits>
#include <vector>

#include "fact_schema.hpp"

namespace auexfil::facts {
namespace {

std::optional<std::uint64_t> parse_id(std::string_view text) {
  std::uint64_t id = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, id, 16);
  if (text.size() != 16 || error != std::errc{} || rest != end) {
    return std::nullopt;
  }
  return id;
}

/// Looks for the described field that has the key at hand, and reads its value. To go on is to go
/// on looking.
class KeyReader {
 public:
  KeyReader(JsonFields& fields, FactDetail detail, JsonKey key, Json json)
      : fields_(fields), detail_(detail), key_(key), json_(json) {}

  /// A key that is not described is passed over.
  [[nodiscard]] bool is_good() const { return is_good_; }

  template <Name Key, typename T>
  bool field(T&& what) {
    return look<Key>([&] { return value(json_, what); });
  }
  template <Name Key, typename T>
  bool shown(T& what) {
    return look<Key>([&] { return detail_ != FactDetail::all || value(json_, what); });
  }
  template <Name Key>
  bool nonzero(std::uint64_t& number) {
    return field<Key>(number);
  }
  template <Name Key, typename T>
  bool present(std::optional<T>& maybe) {
    return field<Key>(maybe);
  }
  template <Name Key, typename T>
  bool any(std::vector<T>& list) {
    return look<Key>([&] { return detail_ == FactDetail::judged || value(json_, list); });
  }
  template <Name Key, typename Part>
  bool group(const Part& part) {
    return look<Key>([&] { return object(json_, part); });
  }

 private:
  template <Name Key, typename Read>
  bool look(const Read& read) {
    if (!(key_ == Key.text)) {
      return true;
    }
    is_good_ = read();
    return false;
  }

  template <typename Part>
  bool object(Json json, const Part& part) {
    return fields_.object(json.get_object(), [&](JsonKey key, Json inner) {
      KeyReader reader(fields_, detail_, key, inner);
      part(reader);
      return reader.is_good();
    });
  }

  bool value(Json json, std::string& text) { return fields_.text(json, text); }
  bool value(Json json, bool& flag) { return fields_.flag(json, flag); }
  bool value(Json json, audit::TimeMs& time) { return fields_.time(json, time); }
  bool value(Json json, audit::Stamp& event) { return fields_.stamp(json, event); }
  bool value(Json json, audit::IpAddress& address) {
    return fields_.parsed(json, address, audit::IpAddress::parse, "is not an IP address");
  }
  bool value(Json json, Id<std::uint64_t>& id) {
    return fields_.parsed(json, id.number, parse_id, "is not 16 hex digits");
  }
  bool value(Json json, std::vector<std::string>& texts) { return fields_.texts(json, texts); }
  template <typename T>
  bool value(Json json, std::optional<T>& maybe) {
    return fields_.maybe(json, maybe, [this](Json inner, T& to) { return value(inner, to); });
  }
  template <typename T>
  bool value(Json json, std::vector<T>& list) {
    return fields_.list(json, list, [this](Json inner, T& item) {
      item = T{};
      return value(inner, item);
    });
  }
  template <typename T>
  bool value(Json json, T& what) {
    if constexpr (std::is_enum_v<T>) {
      return fields_.word(json, what, word_from<T>);
    } else if constexpr (std::is_integral_v<T>) {
      return fields_.number(json, what);
    } else {
      return object(json, [&](KeyReader& reader) { return describe(reader, what); });
    }
  }

  JsonFields& fields_;
  FactDetail detail_;
  JsonKey key_;
  Json json_;
  bool is_good_ = true;
};

}  // namespace

void FactFields::begin() {
  fact_ = Fact{};
  has_id_ = has_start_ = has_end_ = false;
}

bool FactFields::read(JsonKey key, Json value) {
  has_id_ = has_id_ || key == "id";
  has_start_ = has_start_ || key == "start";
  has_end_ = has_end_ || key == "end";
  KeyReader reader(fields_, detail_, key, value);
  describe(reader, fact_);
  return reader.is_good();
}

/// What no fact can be judged without.
bool FactFields::finish() {
  if (!has_id_ || !has_start_ || !has_end_) {
    return fields_.fail(!has_id_      ? "a transfer without id"
                        : !has_start_ ? "a transfer without start"
                                      : "a transfer without end");
  }
  return true;
}

}  // namespace auexfil::facts
