#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace auexfil::flow {

/// Walks the values of a JSON document, each with the keys that lead to it, parted by dots
/// ("flow.bytes_toserver"). An element of an array has its array's path, so that Zeek's "id.orig_h"
/// is one whether its key has the dot or it lies in an object "id". null is not told.
class JsonWalk {
 public:
  class Taker {
   public:
    virtual ~Taker() = default;
    /// Views live until the next document. Numbers are as they are written.
    virtual void value(std::string_view path, std::string_view text) = 0;
  };

  /// \return false: it is no JSON object.
  [[nodiscard]] bool walk(std::string_view document, Taker& to);

 private:
  bool walk_object(simdjson::ondemand::object object, Taker& to);
  bool walk_array(simdjson::ondemand::array array, Taker& to);
  bool walk_value(simdjson::ondemand::value value, Taker& to);

  simdjson::ondemand::parser parser_;
  std::string document_;  ///< with the room behind it that the parser wants
  std::string path_;
};

}  // namespace auexfil::flow
