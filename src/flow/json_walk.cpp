#include "json_walk.hpp"

#include <utility>

#include "values.hpp"

namespace auexfil::flow {

namespace json = simdjson::ondemand;

bool JsonWalk::walk(std::string_view document, Taker& to) {
  document_.reserve(document.size() + simdjson::SIMDJSON_PADDING);
  document_.assign(document);
  json::document parsed;
  json::object object;
  path_.clear();
  return parser_.iterate(document_).get(parsed) == simdjson::SUCCESS &&
         parsed.get_object().get(object) == simdjson::SUCCESS && walk_object(object, to);
}

// What JsonUnits hands on is no deeper than it follows: 64. NOLINTBEGIN(misc-no-recursion)
bool JsonWalk::walk_object(json::object object, Taker& to) {
  const std::size_t outer = path_.size();
  for (auto result : object) {
    json::field field;
    std::string_view key;
    // Of the result: the field's own wants an argument in simdjson 3.1 to 3.6.
    if (result.unescaped_key().get(key) != simdjson::SUCCESS ||
        std::move(result).get(field) != simdjson::SUCCESS) {
      return false;
    }
    path_.append(outer == 0 ? "" : ".").append(key);
    if (!walk_value(field.value(), to)) {
      return false;
    }
    path_.resize(outer);
  }
  return true;
}

bool JsonWalk::walk_array(json::array array, Taker& to) {
  for (auto result : array) {
    json::value value;
    if (result.get(value) != simdjson::SUCCESS || !walk_value(value, to)) {
      return false;
    }
  }
  return true;
}

bool JsonWalk::walk_value(json::value value, Taker& to) {
  json::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) {
    return false;
  }
  switch (type) {
    case json::json_type::object: {
      json::object object;
      return value.get_object().get(object) == simdjson::SUCCESS && walk_object(object, to);
    }
    case json::json_type::array: {
      json::array array;
      return value.get_array().get(array) == simdjson::SUCCESS && walk_array(array, to);
    }
    case json::json_type::string: {
      std::string_view text;
      if (value.get_string().get(text) != simdjson::SUCCESS) {
        return false;
      }
      to.value(path_, text);
      return true;
    }
    case json::json_type::boolean: {
      bool is_true = false;
      if (value.get_bool().get(is_true) != simdjson::SUCCESS) {
        return false;
      }
      to.value(path_, is_true ? "true" : "false");
      return true;
    }
    case json::json_type::number:
      to.value(path_, trim(value.raw_json_token()));
      return true;
    case json::json_type::null:
      return true;
  }
  return false;
}
// NOLINTEND(misc-no-recursion)

}  // namespace auexfil::flow
