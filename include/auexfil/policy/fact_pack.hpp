#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/facts/fact.hpp"

namespace auexfil::policy {

/// What is worth a word of flows that were joined, of one destination or of several.
struct FlowSigns {
  bool any{};        ///< bytes are theirs
  bool shared{};     ///< of some nobody can tell whose they are: bounds
  bool by_time{};    ///< of some address and time alone speak for it
  bool disagrees{};  ///< with what the log has measured
  bool headers{};    ///< are in the figures, not payload alone
  bool open{};       ///< nobody saw all of some: their bytes are the least
  bool summed{};     ///< some are told as a sum of several destinations, all of them at hand

  void merge(const FlowSigns& other) {
    any = any || other.any;
    shared = shared || other.shared;
    by_time = by_time || other.by_time;
    disagrees = disagrees || other.disagrees;
    headers = headers || other.headers;
    open = open || other.open;
    summed = summed || other.summed;
  }
};

/// Facts as Judge takes them: what it looks at and no more, its texts joined and hashed, one fact
/// behind the other. Made on any thread, so that the one that judges has little left to do.
class FactPack {
 public:
  /// \param with_files  what its programs read is there too, see Judge::asks_for_files().
  void add(const facts::Fact& fact, bool with_files = false);
  void clear();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  friend class Judge;
  friend class Baseline;
  friend struct TogetherRow;

  /// In the order in which they lie in `text_`.
  enum Kind : std::uint8_t {
    host,
    tool,
    user,
    group_job,
    command,
    chain,
    reasons,
    script,
    job,
    signs,
    login,
    files
  };
  static constexpr std::size_t kKinds = 12;

  struct Entry {
    std::uint64_t id{};
    audit::TimeMs start{};
    audit::TimeMs end{};
    std::uint64_t bytes_out{};  ///< 0 for unknown.
    std::array<std::uint64_t, kKinds> hashes{};
    std::array<std::uint32_t, kKinds> sizes{};
    std::uint32_t destinations{};
    transfer::Verdict automation{};
    transfer::Side side{};
  };
  struct Destination {
    audit::IpAddress address;
    std::uint64_t bytes_out{};
    std::uint64_t bytes_in{};
    std::uint64_t connections{};
    std::uint64_t addresses{};  ///< Of a sum that has no address of its own; else 0.
    /// Its name follows the texts of its fact; beside an address where flows alone tell that.
    std::uint32_t name_size{};
    std::uint16_t port{};
    bool has_address{};
    bool has_port{};
    bool has_bytes{};
    bool has_bytes_in{};
    bool guessed{};  ///< nobody saw them leave: facts::Destination::bytes_estimated
    FlowSigns flow{};
    std::uint32_t together{};  ///< Its place in `together_` and one more; 0: none.
    transfer::Direction direction{};
    transfer::Basis basis{};
  };

  /// Of a destination that shares flows with others, see facts::FlowsTogether.
  struct Together {
    std::uint64_t id{};
    std::uint64_t destinations{};
    std::uint64_t bytes{};  ///< of all of them
    std::uint64_t over{};   ///< so many of the least of its flows the log knows not to be its
  };

  /// Where the texts of an entry begin, by Kind.
  using Texts = std::array<const char*, kKinds>;

  /// \param take  gets each entry with its texts, destinations, and their names one behind the
  /// other
  template <typename Take>
  void each(const Take& take) const {
    const Destination* destinations = destinations_.data();
    const char* text = text_.data();
    Texts texts{};
    for (const Entry& entry : entries_) {
      for (std::size_t kind = 0; kind < kKinds; ++kind) {
        texts[kind] = text;
        text += entry.sizes[kind];
      }
      take(entry, texts, destinations, text);
      for (const auto* const end = destinations + entry.destinations; destinations < end;
           ++destinations) {
        text += destinations->name_size;
      }
    }
  }

  void begin_text() { text_begin_ = text_.size(); }
  void end_text(Entry& entry, Kind kind);
  void append_part(std::string_view part);
  void append_chain(const facts::Fact& fact);
  void add_destination(const facts::Destination& from);

  std::vector<Entry> entries_;
  std::vector<Destination> destinations_;
  std::vector<Together> together_;
  std::string text_;
  std::size_t text_begin_ = 0;
  bool is_full_ = false;  ///< The list at hand has reached its bound.
};

}  // namespace auexfil::policy
