#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/policy.hpp"

/// Facts and policies for tests, in a few words.
namespace auexfil::policy {

inline constexpr std::int64_t kHour = 3'600'000;
inline constexpr std::int64_t kDay = 24 * kHour;
inline constexpr audit::TimeMs kBegin = 1'796'169'600'000;  // 2026-12-02T00:00:00Z

inline facts::Destination to(std::string_view address, std::optional<std::uint64_t> bytes) {
  facts::Destination destination;
  destination.address = audit::IpAddress::parse(address);
  if (!destination.address) {
    destination.name = address;
  }
  destination.port = std::uint16_t{22};
  destination.transport = transfer::Transport::tcp;
  destination.direction = transfer::Direction::out;
  destination.bytes_out = bytes;
  destination.basis = bytes ? transfer::Basis::measured : transfer::Basis::unknown;
  destination.connections = 1;
  return destination;
}

/// An unattended scp of root's cron on host etl-01 that ends at `end`.
inline facts::Fact fact(std::uint64_t id, audit::TimeMs end, facts::Destination destination) {
  facts::Fact fact;
  fact.id = id;
  fact.host = "etl-01";
  fact.start = end - 1000;
  fact.end = end;
  fact.tool = "scp";
  fact.direction = destination.direction;
  fact.automation = transfer::Verdict::unattended;
  fact.reasons = {{"cron", "started by cron (pid 311)", audit::Stamp{end, 7}}};
  fact.job = facts::Job{"cron", "/bin/sh -c scp -q x", std::nullopt};
  fact.auid = 0;
  fact.auid_name = "root";
  fact.uid = 0;
  fact.uid_name = "root";
  fact.process = {811, "/usr/bin/scp", "scp", {"scp", "-q", "x"}};
  fact.lineage = {{810, "/usr/bin/dash", "sh", {"/bin/sh", "-c", "scp -q x"}},
                  {311, "/usr/sbin/cron", "cron", {"cron", "-f"}},
                  {1, "/usr/lib/systemd/systemd", "systemd", {}}};
  fact.bytes_out = destination.bytes_out;
  fact.basis = destination.basis;
  fact.destinations.push_back(std::move(destination));
  return fact;
}

/// One of several destinations that share flows: the least of these is told of each.
inline facts::Fact sharing(std::uint64_t id, audit::TimeMs end, std::uint64_t least,
                           facts::FlowsTogether together) {
  facts::Fact made = fact(id, end, to("203.0.113.9", least));
  facts::Destination& d = made.destinations.front();
  d.basis = made.basis = transfer::Basis::flow;
  d.flow.emplace();
  d.flow->grade = facts::FlowGrade::shared;
  d.flow->layer = "L4";
  d.flow->bytes_out = least;
  d.flow->together = together;
  return made;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) {
    throw std::runtime_error(path + " cannot be read");
  }
  return text.str();
}

/// The text of rules/policy.conf.
inline std::string built_in() {
  return read_file(AUEXFIL_SOURCE_DIR "/rules/policy.conf");
}

inline LoadedPolicy load(std::string_view text) {
  return load_policy({input::parse_rule_file(text, "p.conf")});
}

inline std::string told(const std::vector<input::Mistake>& mistakes) {
  std::string out;
  for (const input::Mistake& mistake : mistakes) {
    out += fmt::format("{}:{}: {}\n", mistake.file, mistake.line, mistake.what);
  }
  return out;
}

inline Policy policy(std::string_view text) {
  LoadedPolicy loaded = load(text);
  if (!loaded.mistakes.empty()) {
    throw std::runtime_error(told(loaded.mistakes));
  }
  return std::move(loaded.policy);
}

}  // namespace auexfil::policy
