#include <string>

#include <catch2/catch.hpp>

#include "heard.hpp"

namespace auexfil::test {
namespace {

/// A log of one process whose SYSCALL records carry this enriched part.
std::string enriched(std::uint32_t auid, std::uint32_t uid, const std::string& names) {
  Log log;
  log.there(700, 1, "/usr/bin/curl", auid, 3);
  log.who(700).uid = uid;
  log.socket(700, 3);
  std::string text = log.text();
  const std::string key = "key=\"t\"";
  for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
    text.insert(at + key.size(),
                "\x1d"
                "ARCH=x86_64 SYSCALL=socket " +
                    names);
  }
  return text;
}

}  // namespace

TEST_CASE("names: what auditd wrote beside a uid is the user's name") {
  const Followed followed =
      follow(enriched(1000, 33, R"n(AUID="alice" UID="www-data" GID="root" EUID="www-data")n"));
  CHECK(followed.tracker->tally().user_name(1000) == "alice");
  CHECK(followed.tracker->tally().user_name(33) == "www-data");
  CHECK(followed.tracker->tally().user_name(0).empty());
}

TEST_CASE("names: auditd's words for what it does not know are none") {
  const Followed followed =
      follow(enriched(kUnset, 1007, R"n(AUID="unset" UID="unknown(1007)" EUID="unknown(1007)")n"));
  CHECK(followed.tracker->tally().user_name(1007).empty());
  CHECK(followed.tracker->tally().user_name(kUnset).empty());
}

TEST_CASE("names: of more users than the bound none is kept, and they are counted") {
  host::Tracker::Options options;
  options.max_users = 1;
  const Followed followed = follow(enriched(1000, 33, R"n(AUID="alice" UID="bob")n"), options);
  CHECK(followed.tracker->tally().user_name(1000) == "alice");
  CHECK(followed.tracker->tally().user_name(33).empty());
  CHECK(followed.tracker->bounds().at("users") > 0);
}

TEST_CASE("names: those with a blank or other bytes come in hex, without quotes") {
  const Followed followed =
      follow(enriched(1000, 33, "AUID=444F4D5C446F6D61696E205573657273 UID=C3BC6C6C65"));
  CHECK(followed.tracker->tally().user_name(1000) == "DOM\\Domain Users");
  CHECK(followed.tracker->tally().user_name(33) == "\xc3\xbclle");
}

}  // namespace auexfil::test
