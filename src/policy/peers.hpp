#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/policy.hpp"

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

/// The network that `address` lies in, as an address: the bits behind the prefix cleared.
/// \param bits  of the 16 bytes
[[nodiscard]] audit::IpAddress network_of(const audit::IpAddress& address, unsigned bits);

/// Who was at the other end: an address, or a name where no address is known.
struct Peer {
  std::string text;
  bool counts = true;                 ///< Not loopback, link-local, multicast or unspecified.
  bool is_public = true;              ///< A name is taken for public: nothing says otherwise.
  std::vector<std::uint32_t> allows;  ///< Indices of the allows whose address or name fits, sorted.
};

/// Every distinct peer once, so that allowlists are searched once for each and not for each fact.
class Peers {
 public:
  /// \param allows and \param problems have to outlive it.
  Peers(const std::vector<Allow>& allows, PatternProblems& problems);

  [[nodiscard]] PeerId intern(const audit::IpAddress& address);
  /// \param text may be an address too.
  [[nodiscard]] PeerId intern(std::string_view text);
  [[nodiscard]] const Peer& get(PeerId id) const { return peers_[id]; }

 private:
  struct Hash {
    std::size_t operator()(const audit::IpAddress& address) const noexcept;
  };
  /// All networks of one family and prefix length, by their address.
  struct Prefix {
    bool is_v4{};
    unsigned length{};  ///< in bits of the 16 bytes
    std::unordered_multimap<audit::IpAddress, std::uint32_t, Hash> networks;
  };

  const std::vector<Allow>& allows_;
  PatternProblems& problems_;
  std::vector<Prefix> prefixes_;
  std::unordered_map<audit::IpAddress, PeerId, Hash> by_address_;
  std::unordered_map<std::string, PeerId> by_name_;
  std::vector<Peer> peers_;
};

}  // namespace auexfil::policy
