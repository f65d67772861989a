#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/policy.hpp"
#include "network_index.hpp"

namespace auexfil::policy {

using PeerId = std::uint32_t;

/// A pattern of a section that was given up because it backtracks too much.
class PatternProblems {
 public:
  void note(std::string_view section, const input::Pattern& pattern);
  /// Sentences, sorted: the same for any order of facts.
  [[nodiscard]] std::vector<std::string> sentences() const;

 private:
  std::vector<std::string> found_;
};

/// Whether one of `patterns` matches; an empty list does not.
[[nodiscard]] bool any_matches(const std::vector<input::Pattern>& patterns,
                               std::string_view subject, std::string_view section,
                               PatternProblems& problems);

/// An entry of a list that an address is in.
struct Listed {
  std::uint32_t list{};   ///< Index in Policy::lists.
  std::uint32_t entry{};  ///< Index in its entries.
};

/// Who was at the other end: an address, or a name where no address is known.
struct Peer {
  std::string text;
  bool counts = true;                 ///< Not loopback, link-local, multicast or unspecified.
  bool is_public = true;              ///< A name is taken for public: nothing says otherwise.
  std::vector<std::uint32_t> allows;  ///< Indices of the allows whose address or name fits, sorted.
  std::vector<Listed> lists;          ///< By list; of a name none.
  Place place;                        ///< By Policy::geo.
};

/// Every distinct peer once, so that allowlists are searched once for each and not for each fact.
class Peers {
 public:
  /// All have to outlive it.
  Peers(const Policy& policy, const std::vector<Allow>& allows, PatternProblems& problems);

  [[nodiscard]] PeerId intern(const audit::IpAddress& address);
  /// \param text may be an address too.
  [[nodiscard]] PeerId intern(std::string_view text);
  [[nodiscard]] const Peer& get(PeerId id) const { return peers_[id]; }

 private:
  [[nodiscard]] std::vector<Listed> find_lists(const audit::IpAddress& address) const;

  const Geo* geo_;
  const std::vector<List>& lists_;
  const std::vector<Allow>& allows_;
  PatternProblems& problems_;
  NetworkIndex allowed_;
  NetworkIndex listed_;  ///< Entries, counted through all lists.
  std::unordered_map<audit::IpAddress, PeerId, AddressHash> by_address_;
  std::unordered_map<std::string, PeerId> by_name_;
  std::vector<Peer> peers_;
};

}  // namespace auexfil::policy
