#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "auexfil/host/automation.hpp"
#include "auexfil/host/brokers.hpp"

namespace auexfil::host {

/// What a program is by the rules, whatever process runs it.
struct ProgramKind {
  bool has_argv{};
  bool shell{};
  bool terminal{};
  bool interpreter{};
  bool login{};
  bool puppet{};
  bool wrapper{};
  bool reads_terminal{};         ///< see reads_terminal()
  std::uint32_t sign = kNone;    ///< index of the first sign that it is
  std::uint32_t broker = kNone;  ///< index of the first broker that it is a command of
};

/// Asks the patterns of the rules once for each distinct program with its arguments: jobs come
/// again and again, and their ancestors are the same few daemons.
class Kinds {
 public:
  /// \param signs outlives it.
  explicit Kinds(const Signs& signs) : signs_(signs) {}

  [[nodiscard]] ProgramKind of(const Tracker& tracker, const Image& image);
  /// Symbols are given out anew.
  void clear() { known_.clear(); }
  /// A program began: is it a broker's command that a person typed?
  void on_exec(const Tracker& tracker, std::uint32_t image);
  [[nodiscard]] const Brokers& brokers() const { return brokers_; }
  [[nodiscard]] const Signs& signs() const { return signs_; }

 private:
  struct Key {
    Symbol exe{};
    Symbol comm{};
    Symbol argv{};
    Symbol script{};
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  [[nodiscard]] ProgramKind look(const Tracker& tracker, const Image& image) const;

  const Signs& signs_;
  Brokers brokers_;
  std::unordered_map<Key, ProgramKind, Hash> known_;  // bounded
};

}  // namespace auexfil::host
