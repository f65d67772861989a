#include "json_document.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <simdjson.h>

#include "auexfil/input/log_header.hpp"
#include "json_events.hpp"
#include "known_fields.hpp"

namespace auexfil::input {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMostFields = 4096;
constexpr int kDeepest = 12;
constexpr int kMostWrappings = 2;  ///< a document in a string of a document

}  // namespace

struct JsonDocument::State {
  /// What a document's raw fields hold.
  struct Found {
    std::size_t rank = kNoRank;
    std::string_view key;
    dom::element value;
  };

  Outcome read_text(std::string_view json, int wrappings);
  bool take_object(const dom::object& object);
  void find_host(const dom::object& object);
  void walk(const dom::object& object, std::string_view in, int depth);
  void consider(std::string_view in, std::string_view key, const dom::element& value);
  void consider_host(std::string_view in, std::string_view key, const dom::element& value);
  void put_found(int wrappings);
  [[nodiscard]] std::size_t line_of(std::string_view key);

  const Put* put = nullptr;
  std::string_view text;  ///< the document at hand, the outermost
  std::size_t fields = 0;
  Found found;
  std::string_view host;  ///< in the document at hand
  std::size_t host_rank = 0;
  dom::object outermost;  ///< of the document at hand
  bool has_put = false;
  std::array<dom::parser, kMostWrappings + 1> parsers;
  std::array<std::string, kMostWrappings + 1> padded;
};

namespace {

/// One of several lines of a field: a string, or one behind its time (Loki's ["TIME", "LINE"]).
bool get_line(const dom::element& one, std::string_view& line) {
  dom::array pair;
  return one.get(line) == simdjson::SUCCESS ||
         (one.get(pair) == simdjson::SUCCESS && pair.at(1).get(line) == simdjson::SUCCESS);
}

/// Whether a string of a raw field is a record, or holds a document that may have some.
bool is_promising(std::string_view text) {
  constexpr std::size_t kLongestHeader = 256;
  return is_carried_record(text) ||
         text.substr(0, kLongestHeader).find("{\"") != std::string_view::npos;
}

}  // namespace

void JsonDocument::State::consider(std::string_view in, std::string_view key,
                                   const dom::element& value) {
  const std::size_t rank = rank_of_raw(in, key);
  if (rank >= found.rank) {
    return;
  }
  std::string_view string;
  dom::array list;
  bool is_raw = value.get(string) == simdjson::SUCCESS && is_promising(string);
  if (!is_raw && value.get(list) == simdjson::SUCCESS) {
    is_raw = std::any_of(list.begin(), list.end(), [](const dom::element& one) {
      std::string_view line;
      return get_line(one, line) && is_promising(line);
    });
  }
  if (is_raw) {
    found = {rank, key, value};
  }
}

void JsonDocument::State::consider_host(std::string_view in, std::string_view key,
                                        const dom::element& value) {
  const std::size_t rank = rank_of_host(in, key);
  std::string_view string;
  if (rank < host_rank && value.get(string) == simdjson::SUCCESS &&
      !host_of_field(rank, string).empty()) {
    host = string;
    host_rank = rank;
  }
}

void JsonDocument::State::walk(const dom::object& object, std::string_view in, int depth) {
  for (const auto field : object) {
    if (++fields > kMostFields) {
      return;
    }
    consider(in, field.key, field.value);
    consider_host(in, field.key, field.value);
    dom::object inner;
    if (depth < kDeepest && field.value.get(inner) == simdjson::SUCCESS && !take_object(inner)) {
      walk(inner, field.key, depth + 1);
    }
  }
}

/// Of a document whose event may be taken before its last fields are looked at: in it and in the
/// objects right inside.
void JsonDocument::State::find_host(const dom::object& object) {
  constexpr std::size_t kMost = 256;
  std::size_t looked_at = 0;
  for (const auto field : object) {
    dom::object inner;
    if (field.value.get(inner) == simdjson::SUCCESS) {
      for (const auto one : inner) {
        consider_host(field.key, one.key, one.value);
        if (++looked_at > kMost) {
          return;
        }
      }
    } else {
      consider_host({}, field.key, field.value);
    }
    if (++looked_at > kMost) {
      return;
    }
  }
}

/// An object that is an event by itself. \return false: it is none.
bool JsonDocument::State::take_object(const dom::object& object) {
  const PutRecord put_one = [&](std::string_view record) {
    if (!has_put) {
      find_host(outermost);
    }
    has_put = true;
    (*put)(line_of("MESSAGE"), record, host);
  };
  // An entry of the journal in a document of another's is of the host that it names.
  const std::string_view outer = host;
  std::string_view name;
  const std::size_t outer_rank = host_rank;
  if (object["_HOSTNAME"].get(name) == simdjson::SUCCESS) {
    host = name;
    host_rank = 0;
  }
  const bool is_event =
      put_journal(object, put_one) || put_laurel(object, put_one) || put_go_audit(object, put_one);
  host = is_event ? host : outer;
  host_rank = is_event ? host_rank : outer_rank;
  return is_event;
}

/// The line of a key in a document that is printed over several.
std::size_t JsonDocument::State::line_of(std::string_view key) {
  if (text.find('\n') == std::string_view::npos) {
    return 0;
  }
  const std::string quoted = '"' + std::string(key) + '"';
  const std::size_t at = std::min(text.find(quoted), text.size());
  return static_cast<std::size_t>(std::count(text.begin(), text.begin() + at, '\n'));
}

void JsonDocument::State::put_found(int wrappings) {
  if (found.rank == kNoRank) {
    return;
  }
  const Found raw = std::exchange(found, {});
  const std::size_t line = wrappings == 0 ? line_of(raw.key) : 0;
  const auto take = [&](std::string_view string) {
    if (is_carried_record(string)) {
      (*put)(line, string, host);
      has_put = true;
    } else if (const std::size_t inner = string.find("{\"");
               inner != std::string_view::npos && wrappings < kMostWrappings) {
      const std::string_view outer = host;
      static_cast<void>(read_text(string.substr(inner), wrappings + 1));
      host = outer;
    }
  };
  std::string_view string;
  dom::array list;
  if (raw.value.get(string) == simdjson::SUCCESS) {
    take(string);
  } else if (raw.value.get(list) == simdjson::SUCCESS) {
    for (const dom::element one : list) {
      if (get_line(one, string)) {
        take(string);
      }
    }
  }
}

JsonDocument::Outcome JsonDocument::State::read_text(std::string_view json, int wrappings) {
  std::string& room = padded[static_cast<std::size_t>(wrappings)];
  room.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  room.assign(json);
  dom::element document;
  if (parsers[static_cast<std::size_t>(wrappings)]
          .parse(room.data(), room.size(), false)
          .get(document) != simdjson::SUCCESS) {
    return Outcome::nothing;
  }
  std::string_view string;
  dom::object object;
  if (document.get(string) == simdjson::SUCCESS && is_carried_record(string)) {
    (*put)(0, string, {});
    has_put = true;
  } else if (document.get(object) == simdjson::SUCCESS) {
    found = {};
    host = wrappings == 0 ? std::string_view() : host;  // or that of the one around it
    host_rank = kNoRank;
    if (wrappings == 0) {
      outermost = object;
    }
    if (!take_object(object)) {
      walk(object, {}, 0);
    }
    if (fields > kMostFields) {
      return Outcome::too_many_fields;
    }
    if (!has_put) {
      put_found(wrappings);
    }
  }
  return has_put ? Outcome::records : Outcome::nothing;
}

JsonDocument::JsonDocument() : state_(std::make_unique<State>()) {}

JsonDocument::~JsonDocument() = default;

JsonDocument::Outcome JsonDocument::read(std::string_view text, const Put& put) {
  state_->put = &put;
  state_->text = text;
  state_->fields = 0;
  state_->has_put = false;
  return state_->read_text(text, 0);
}

}  // namespace auexfil::input
