#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "../host/log_builder.hpp"
#include "../transfer/rules.hpp"
#include "auexfil/facts/make_facts.hpp"
#include "auexfil/host/automation.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/transfer/tools.hpp"
#include "auexfil/transfer/transfer_builder.hpp"
#include "paused.hpp"
#include "taking.hpp"

/// What the rooms up to this one tell of a log.
namespace auexfil::test {

/// One host's log, followed to its end.
struct Told {
  std::unique_ptr<transfer::TransferBuilder> builder;
  std::unique_ptr<host::Tracker> tracker;
  std::vector<facts::Fact> facts;
};

/// Read in several runs every log tells the same.
inline void check_in_runs(const std::string& text, const Follower::Options& options) {
  constexpr std::size_t kLargest = std::size_t{1} << 18;
  if (text.size() <= kLargest) {
    const std::vector<Piece> pieces{{text, 0, true}};
    CHECK(told_in_runs(pieces, cuts_of(pieces, 4), options) == told_in_one_run(pieces, options));
  }
}

inline std::map<std::string, Told> tell_nodes(const std::string& text,
                                              host::Tracker::Options options = {},
                                              transfer::TransferBuilder::Options book = {}) {
  check_in_runs(text, {options, book});
  std::map<std::string, Told> hosts;
  each_event(text, [&](const audit::Event& event) {
    Told& host = hosts[std::string(event.node)];
    if (!host.builder) {
      host.builder =
          std::make_unique<transfer::TransferBuilder>(rules().tools, rules().signs, book);
      host.tracker = std::make_unique<host::Tracker>(options, *host.builder);
      host.builder->attach(*host.tracker);
    }
    host.tracker->take(event);
  });
  for (auto& [node, host] : hosts) {
    host.tracker->finish();
    host.builder->close();
    facts::HostName name;
    name.file_name = [](std::uint32_t) { return std::string("audit.log"); };
    std::vector<facts::Fact>& facts = host.facts;  // clang 14 captures no binding
    Taking taking([&](const facts::Fact& fact) { facts.push_back(fact); });
    facts::make_facts(*host.builder, name, coverage::visibility_of(host.tracker->tally()), nullptr,
                      taking);
  }
  return hosts;
}

inline Told tell_host(const std::string& text, host::Tracker::Options options = {},
                      transfer::TransferBuilder::Options book = {}) {
  auto hosts = tell_nodes(text, options, book);
  REQUIRE(hosts.size() <= 1);
  return hosts.empty() ? Told{} : std::move(hosts.begin()->second);
}

inline std::vector<facts::Fact> tell(const Log& log, host::Tracker::Options options = {}) {
  return tell_host(log.text(), options).facts;
}

/// The facts with a destination of that address.
inline std::vector<facts::Fact> to(const std::vector<facts::Fact>& facts,
                                   std::string_view address) {
  std::vector<facts::Fact> found;
  const auto wanted = audit::IpAddress::parse(address);
  for (const facts::Fact& fact : facts) {
    for (const facts::Destination& d : fact.destinations) {
      if (d.address == wanted) {
        found.push_back(fact);
        break;
      }
    }
  }
  return found;
}

inline const facts::Destination* destination(const facts::Fact& fact, std::string_view address) {
  const auto wanted = audit::IpAddress::parse(address);
  for (const facts::Destination& d : fact.destinations) {
    if (d.address == wanted) {
      return &d;
    }
  }
  return nullptr;
}

/// The fact of a process.
inline facts::Fact of_pid(const std::vector<facts::Fact>& facts, int pid) {
  const auto found = std::find_if(facts.begin(), facts.end(), [&](const facts::Fact& fact) {
    return fact.process.pid == static_cast<std::uint32_t>(pid);
  });
  REQUIRE(found != facts.end());
  return *found;
}

/// The only fact of a log.
inline facts::Fact one(const Log& log) {
  const std::vector<facts::Fact> facts = tell(log);
  std::string seen;
  for (const facts::Fact& fact : facts) {
    seen += fact.tool + " pid " + std::to_string(fact.process.pid) + ", ";
  }
  INFO("facts: " << seen);
  REQUIRE(facts.size() == 1);
  return facts.front();
}

/// "out 3153717 measured": direction, bytes and basis of a fact, for short comparisons.
inline std::string sum(const facts::Fact& fact) {
  return std::string(to_word(fact.direction)) + " " +
         (fact.bytes_out ? std::to_string(*fact.bytes_out) : "?") + " " + to_word(fact.basis);
}
inline std::string sum(const facts::Destination& d) {
  return std::string(to_word(d.direction)) + " " +
         (d.bytes_out ? std::to_string(*d.bytes_out) : "?") + " " + to_word(d.basis);
}
inline bool has_note(const facts::Fact& fact, std::string_view part) {
  for (const std::string& note : fact.notes) {
    if (note.find(part) != std::string::npos) {
      return true;
    }
  }
  return false;
}
inline std::string sign_of(const facts::Fact& fact) {
  return std::string(to_word(fact.automation)) + " " +
         (fact.reasons.empty() ? std::string("-") : fact.reasons.front().sign);
}
inline std::string signs_of(const facts::Fact& fact) {
  std::string text = to_word(fact.automation);
  for (const facts::Reason& reason : fact.reasons) {
    text += " " + reason.sign;
  }
  return text;
}

inline constexpr const char* kDrop = "203.0.113.9";
inline constexpr const char* kOther = "198.51.100.7";

}  // namespace auexfil::test
