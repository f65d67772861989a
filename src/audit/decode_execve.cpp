#include <algorithm>
#include <charconv>
#include <cstring>

#include "auexfil/audit/decode.hpp"
#include "auexfil/audit/fields.hpp"

namespace auexfil::audit {
namespace {

/// "a12", "a12[3]" or "a12_len".
struct ArgKey {
  std::uint64_t index{};
  std::uint64_t chunk{};
  enum class Kind : std::uint8_t { whole, chunk, length } kind = Kind::whole;
};

bool parse_key(std::string_view key, ArgKey& out) {
  if (key.size() < 2 || key[0] != 'a') {
    return false;
  }
  const char* const end = key.data() + key.size();
  const auto [rest, error] = std::from_chars(key.data() + 1, end, out.index);
  if (error != std::errc{}) {
    return false;
  }
  const std::string_view tail(rest, static_cast<std::size_t>(end - rest));
  if (tail.empty()) {
    out.kind = ArgKey::Kind::whole;
    return true;
  }
  if (tail == "_len") {
    out.kind = ArgKey::Kind::length;
    return true;
  }
  out.kind = ArgKey::Kind::chunk;
  const auto [close, chunk_error] = std::from_chars(rest + 1, end, out.chunk);
  return tail.front() == '[' && chunk_error == std::errc{} && close + 1 == end && *close == ']';
}

bool is_upper_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}
int hex_digit(char c) {
  return c <= '9' ? c - '0' : c - 'A' + 10;
}

struct Piece {
  std::uint64_t index{};
  std::uint64_t chunk{};
  std::string_view value;
  Form form = Form::bare;
  bool closed = true;
};

struct Length {
  std::uint64_t index{};
  std::uint64_t logged{};  ///< characters as logged: twice the bytes if hex
};

// An argument that is missing was empty (4.8 … 4.20 dropped those); of so many in a row that is
// not to be believed: a record holds up to 7500 bytes of arguments (MAX_EXECVE_AUDIT_LEN).
constexpr std::uint64_t kMostEmpty = 4;

/// The arguments as the records of one exec tell them, each in the order of the arguments.
struct Records {
  std::vector<Piece> pieces;
  std::vector<Length> lengths;
};

void take_field(const Field& field, const ArgvBounds& bounds, Records& records, Argv& out) {
  ArgKey key;
  std::uint32_t argc = 0;
  if (field.key == "argc" && !out.has_argc && parse_number(field.value, argc)) {
    out.argc = argc;
    out.has_argc = true;
    return;
  }
  if (!parse_key(field.key, key)) {
    return;
  }
  if (key.kind == ArgKey::Kind::length) {
    std::uint32_t logged = 0;
    if (key.index < bounds.max_args && parse_number(field.value, logged)) {
      records.lengths.push_back({key.index, logged});
    }
  } else if (key.index < bounds.max_args) {
    records.pieces.push_back({key.index, key.kind == ArgKey::Kind::chunk ? key.chunk : 0,
                              field.value, field.form, field.closed});
  } else {
    out.bounded = true;
  }
}

Records read_records(std::span<const std::string_view> bodies, const ArgvBounds& bounds,
                     Argv& out) {
  Records records;
  for (const std::string_view body : bodies) {
    FieldReader reader(body);
    Field field;
    while (reader.next(field)) {
      take_field(field, bounds, records, out);
    }
  }
  std::stable_sort(records.pieces.begin(), records.pieces.end(),
                   [](const Piece& a, const Piece& b) {
                     return a.index != b.index ? a.index < b.index : a.chunk < b.chunk;
                   });
  std::sort(records.lengths.begin(), records.lengths.end(), [](const Length& a, const Length& b) {
    return a.index != b.index ? a.index < b.index : a.logged < b.logged;
  });
  return records;
}

/// Joins the pieces of one argument, which begin at `at` and are passed over.
/// \param room  bytes that the argument may have. \param text  scratch.
/// \return its length as logged.
std::uint64_t join_pieces(const std::vector<Piece>& pieces, std::size_t& at, std::size_t room,
                          std::string& text, std::string& arg, Argv& out) {
  const std::uint64_t index = pieces[at].index;
  std::uint64_t logged = 0;
  std::uint64_t last_chunk = 0;
  for (bool first = true; at < pieces.size() && pieces[at].index == index; ++at, first = false) {
    const Piece& piece = pieces[at];
    if (!first && piece.chunk == last_chunk) {
      continue;  // the same record twice
    }
    out.lost = out.lost || piece.chunk > (first ? 0 : last_chunk + 1);
    last_chunk = piece.chunk;
    logged += piece.value.size();
    Field field;
    field.value = piece.value;
    field.form = piece.form;
    field.closed = piece.closed;
    if (decode_string(field, text) == Decoded::damaged) {
      out.cut = true;
    }
    if (arg.size() + text.size() > room) {
      out.bounded = true;
      text.resize(room - arg.size());
    }
    arg += text;
  }
  return logged;
}

/// What argc says beside the arguments that are there.
void hold_against_argc(bool has_pieces, const ArgvBounds& bounds, Argv& out) {
  constexpr std::size_t kMostAdded = 64;  // an argc is any number that somebody wrote
  out.lost = out.lost || (!out.has_argc && has_pieces);  // the first record has it
  if (out.has_argc && out.args.size() < out.argc && has_pieces) {
    out.lost = out.lost || (!out.bounded && out.argc - out.args.size() > kMostEmpty);
    if (out.argc <= bounds.max_args && out.argc - out.args.size() <= kMostAdded) {
      out.args.resize(out.argc);
    }
  }
}

/// Appends "text" or hex that begins at `at`, which moves behind it.
bool join_value(const char*& at, const char* end, std::string& joined) {
  if (at < end && *at == '"') {
    ++at;
    const auto* const close =
        static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (close == nullptr) {
      return false;
    }
    joined.append(at, close);
    at = close + 1;
    return true;
  }
  const char* word = at;
  while (word < end && is_upper_hex_digit(*word)) {
    ++word;
  }
  if (word == at || (word - at) % 2 != 0) {
    return false;
  }
  for (; at < word; at += 2) {
    const int byte = hex_digit(at[0]) << 4 | hex_digit(at[1]);
    if (byte == 0) {
      return false;
    }
    joined.push_back(static_cast<char>(byte));
  }
  return true;
}

}  // namespace

void decode_execve(std::span<const std::string_view> bodies, const ArgvBounds& bounds, Argv& out) {
  out.args.clear();
  out.argc = 0;
  out.has_argc = out.lost = out.cut = out.bounded = false;
  const Records records = read_records(bodies, bounds, out);
  // Both are walked once, side by side: a hostile record holds thousands of either.
  auto length = records.lengths.cbegin();
  std::size_t bytes = 0;
  std::string text;
  for (std::size_t at = 0; at < records.pieces.size();) {
    const std::uint64_t index = records.pieces[at].index;
    if (out.args.size() < index) {
      out.lost = out.lost || index - out.args.size() > kMostEmpty;
      out.args.resize(index);
    }
    std::string arg;
    const std::uint64_t logged =
        join_pieces(records.pieces, at, bounds.max_bytes - bytes, text, arg, out);
    for (; length != records.lengths.cend() && length->index <= index; ++length) {
      out.cut = out.cut || (length->index == index && logged < length->logged);
    }
    bytes += arg.size();
    out.args.push_back(std::move(arg));
  }
  hold_against_argc(!records.pieces.empty(), bounds, out);
}

bool join_execve(std::string_view body, const ArgvBounds& bounds, std::string& joined) {
  joined.clear();
  const char* at = body.data();
  const char* const end = at + body.size();
  const auto takes = [&](char c) { return at < end && *at == c && (++at, true); };
  const auto number = [&](std::uint32_t& out) {
    const auto [rest, error] = std::from_chars(at, end, out);
    const bool is_canonical = error == std::errc{} && (*at != '0' || rest == at + 1);
    at = rest;
    return is_canonical;
  };
  std::uint32_t argc = 0;
  constexpr std::string_view kArgc = "argc=";
  if (!body.starts_with(kArgc)) {
    return false;
  }
  at += kArgc.size();
  if (!number(argc) || argc > bounds.max_args) {
    return false;
  }
  for (std::uint32_t i = 0; i < argc; ++i) {
    std::uint32_t index = 0;
    if (!takes(' ') || !takes('a') || !number(index) || index != i || !takes('=')) {
      return false;
    }
    if (i > 0) {
      joined.push_back('\0');
    }
    if (!join_value(at, end, joined)) {
      return false;
    }
    if (at < end && *at != ' ') {
      return false;
    }
  }
  // Separators are no bytes of arguments.
  return at == end && joined.size() - (argc > 0 ? argc - 1 : 0) <= bounds.max_bytes &&
         joined.find('\x1d') == std::string::npos;
}

}  // namespace auexfil::audit
