#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "auexfil/facts/fact_json.hpp"
#include "auexfil/facts/json_writer.hpp"
#include "fact_schema.hpp"

namespace auexfil::facts {
namespace {

class Writer {
 public:
  explicit Writer(JsonWriter& json) : json_(json) {}

  template <Name Key, typename T>
  bool field(const T& what) {
    json_.key(Key.view());
    value(what);
    return true;
  }
  template <Name Key, typename T>
  bool shown(const T& what) {
    return field<Key>(what);
  }
  template <Name Key>
  bool nonzero(std::uint64_t number) {
    return number == 0 || field<Key>(number);
  }
  template <Name Key, typename T>
  bool present(const std::optional<T>& maybe) {
    return !maybe || field<Key>(*maybe);
  }
  template <Name Key, typename T>
  bool any(const std::vector<T>& list) {
    return list.empty() || field<Key>(list);
  }
  template <Name Key, typename Part>
  bool group(const Part& part) {
    json_.key(Key.view());
    json_.begin_object();
    part(*this);
    json_.end_object();
    return true;
  }

 private:
  void value(const std::string& text) { json_.string(text); }
  void value(bool flag) { json_.boolean(flag); }
  void value(std::uint16_t number) { json_.number(std::uint64_t{number}); }
  void value(std::uint32_t number) { json_.number(std::uint64_t{number}); }
  void value(std::uint64_t number) { json_.number(number); }
  void value(audit::TimeMs time) { write_time(json_, time); }
  void value(const audit::Stamp& event) { json_.string(audit::to_string(event)); }
  void value(const audit::IpAddress& address) { json_.string(address.to_string()); }
  void value(const Id<const std::uint64_t>& id) { json_.string(format_id(id.number)); }
  template <typename T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      json_.null();
    }
  }
  template <typename T>
  void value(const std::vector<T>& list) {
    json_.begin_array();
    for (const T& element : list) {
      value(element);
    }
    json_.end_array();
  }
  template <typename T>
  void value(const T& what) {
    if constexpr (std::is_enum_v<T>) {
      json_.string(to_word(what));
    } else {
      json_.begin_object();
      describe(*this, what);
      json_.end_object();
    }
  }

  JsonWriter& json_;
};

}  // namespace

std::string format_id(std::uint64_t id) {
  return fmt::format("{:016x}", id);
}

void append_json(std::string& out, const Fact& fact) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "transfer");
  json.member("schema", kSchema);
  Writer writer(json);
  describe(writer, fact);
  json.end_object();
  json.end_line();
}

}  // namespace auexfil::facts
