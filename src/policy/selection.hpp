#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/symbols.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/policy.hpp"
#include "peers.hpp"

namespace auexfil::policy {

using input::Symbol;
using input::Symbols;
using RoleId = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffffffff;

/// By its direction; one that is not known may have.
[[nodiscard]] inline bool may_have_sent(transfer::Direction direction) {
  using transfer::Direction;
  return direction == Direction::out || direction == Direction::both ||
         direction == Direction::unknown;
}

/// A sum without a port is of several that are high, as facts are made; of which is not known.
[[nodiscard]] inline bool may_meet(const Rule& rule, std::optional<std::uint16_t> port,
                                   bool is_sum) {
  constexpr std::uint16_t kHighest = 65535;
  return covers(rule.ports, port) || (is_sum && !port && covers(rule.ports, kHighest));
}

/// The user of a transfer as rules and reports see it.
struct User {
  std::optional<std::string> name;  ///< Of uid: name, else number.
  std::uint32_t group{};            ///< Equal for equal `name`.
  std::optional<std::string> auid_name;
  std::vector<std::string> own;        ///< Name and number of uid, as far as they are known.
  std::vector<std::string> spellings;  ///< All that an allow's `user` may mean.
};

/// Who a transfer is by, in small numbers.
struct Who {
  Symbol host{};
  RoleId role{};
  Symbol tool{};
  std::uint32_t user{};
};

/// A key of an allow that kept it from holding.
enum class AllowKey : std::uint8_t { place, port, role, user, tool, expires };

/// The allow of a destination of which the fewest keys do not hold, of several the first.
struct NearAllow {
  std::uint32_t allow = kNone;
  std::uint8_t lacks{};  ///< Bits, by AllowKey.

  [[nodiscard]] bool lacks_key(AllowKey key) const {
    return (lacks & (1U << static_cast<unsigned>(key))) != 0;
  }
  void add(AllowKey key) {
    lacks = static_cast<std::uint8_t>(lacks | (1U << static_cast<unsigned>(key)));
  }
  [[nodiscard]] bool is_nearer_than(const NearAllow& other) const {
    return other.allow == kNone || std::popcount(lacks) < std::popcount(other.lacks);
  }
};

/// Answers that a pattern list has given, by the symbol it was asked about.
class Answers {
 public:
  template <typename Ask>
  bool get(std::uint32_t symbol, const Ask& ask) {
    if (symbol >= known_.size()) {
      known_.resize(symbol + 1);
    }
    if (known_[symbol] == 0) {
      known_[symbol] = ask() ? 2 : 1;
    }
    return known_[symbol] == 2;
  }

 private:
  std::vector<std::uint8_t> known_;  ///< 0 not asked, 1 no, 2 yes
};

/// Which role, allows and rules hold for a transfer. Every pattern is asked once for each distinct
/// host, tool and user.
class Selection {
 public:
  /// \throws std::invalid_argument when the options name a role that the policy lacks, or it
  ///         has no role default.
  Selection(const Policy& policy, const JudgeOptions& options);
  Selection(const Selection&) = delete;
  Selection& operator=(const Selection&) = delete;

  /// A text and its hash.
  struct Hashed {
    std::string_view text;
    std::uint64_t hash{};
  };
  [[nodiscard]] Symbol intern_host(const Hashed& host) {
    return hosts_.intern(host.text, host.hash);
  }
  /// \param user as append_user_key() writes it.
  [[nodiscard]] Who identify(const Hashed& host, const Hashed& tool, const Hashed& user);

  struct Approval {
    bool approved = false;
    std::uint32_t by = kNone;  ///< The allow that approves.
    NearAllow near;            ///< Where none does.
  };
  /// \param name  by which the log knows it, where flows alone tell the address; empty: by none.
  ///   Without these an entry of the name would hold.
  [[nodiscard]] Approval approve(std::optional<std::uint16_t> port, PeerId peer,
                                 std::string_view name, const Who& who, audit::TimeMs end);

  /// The rules that a transfer as a whole falls under, in the policy's order.
  /// Is one of the signs, each with a NUL behind it, what the rule asks for?
  [[nodiscard]] bool has_sign(std::uint32_t rule, const Hashed& signs);
  void find_rules(transfer::Verdict automation, transfer::Side side, const Who& who,
                  std::vector<std::uint32_t>& rules);

  [[nodiscard]] PeerId intern_peer(const audit::IpAddress& address) {
    return peers_.intern(address);
  }
  [[nodiscard]] PeerId intern_peer(std::string_view name) { return peers_.intern(name); }
  [[nodiscard]] const Policy& policy() const { return policy_; }
  [[nodiscard]] const Allow& allow(std::uint32_t index) const { return allows_[index]; }
  [[nodiscard]] const Peer& peer(PeerId id) const { return peers_.get(id); }
  [[nodiscard]] const User& user(std::uint32_t id) const { return users_[id]; }
  [[nodiscard]] std::string_view host(Symbol symbol) const { return hosts_.text(symbol); }
  [[nodiscard]] std::string_view user_name(std::uint32_t group) const {
    return user_names_.text(group);
  }
  [[nodiscard]] std::string_view tool(Symbol symbol) const { return tools_.text(symbol); }
  /// Destinations that this allow was the first to approve.
  [[nodiscard]] std::uint64_t approvals(std::uint32_t index) const { return approvals_[index]; }
  [[nodiscard]] const PatternProblems& problems() const { return problems_; }
  [[nodiscard]] PatternProblems& problems() { return problems_; }

 private:
  [[nodiscard]] RoleId role_of(Symbol host);
  [[nodiscard]] std::uint32_t intern_user(const Hashed& key);
  [[nodiscard]] Approval approve(std::optional<std::uint16_t> port, PeerId peer,
                                 std::optional<PeerId> other, const Who& who, audit::TimeMs end);
  [[nodiscard]] bool is_place(std::uint32_t index, std::optional<PeerId> other) const;
  [[nodiscard]] NearAllow compare(std::uint32_t index, std::optional<std::uint16_t> port,
                                  const Who& who);

  struct AllowAnswers {
    Answers role;
    Answers user;
    Answers tool;
  };

  const Policy& policy_;
  std::vector<Allow> allows_;  ///< The policy's and the command line's.
  PatternProblems problems_;
  Peers peers_;
  Symbols hosts_;
  Symbols tools_;
  Symbols signs_;  ///< Lists, see FactPack::signs.
  Symbols user_keys_;
  Symbols user_names_;
  std::vector<User> users_;
  std::optional<RoleId> fixed_role_;
  std::vector<RoleId> role_of_host_;
  std::vector<AllowAnswers> allow_answers_;
  std::vector<std::uint64_t> approvals_;
  std::vector<Answers> rule_tool_;
  std::vector<Answers> rule_sign_;
};

}  // namespace auexfil::policy
