#include "auexfil/coverage/assess.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace auexfil::coverage {
namespace {

constexpr std::size_t kMaxGaps = 100;

const char* why(const host::Loss& loss) {
  switch (loss.kind) {
    case host::Loss::Kind::serial_gap:
      return "serials missing";
    case host::Loss::Kind::half_event:
      return "events with missing records";
    case host::Loss::Kind::auditing_off:
      return "auditing was switched off";
    case host::Loss::Kind::counter:
      return "the kernel counted lost records";
    case host::Loss::Kind::rules_removed:
      return "audit rules were removed or changed";
  }
  return "lost";
}

std::string name_of(std::uint32_t arch) {
  struct Named {
    std::uint32_t arch;
    const char* name;
  };
  // Those that Linux runs on and whose numbers are not known here. Source: linux/audit.h.
  constexpr std::array kNames = {
      Named{0x8000002b, "sparc64"}, Named{0x00000002, "sparc"}, Named{0xc0009026, "alpha"},
      Named{0x80000032, "ia64"},    Named{0xc0000032, "ia64"},  Named{0x00000058, "m32r"},
      Named{0x400000f3, "riscv32"}, Named{0xc00000f7, "bpf"},   Named{0x0000002a, "sh"},
      Named{0x4000002a, "shel"},    Named{0x00000004, "m68k"},  Named{0x400000bd, "microblaze"}};
  const auto* const at = std::find_if(kNames.begin(), kNames.end(),
                                      [&](const Named& named) { return named.arch == arch; });
  return at == kNames.end() ? fmt::format("{:x}", arch) : fmt::format("{:x} ({})", arch, at->name);
}

void add_archs(const host::AuditTally& tally, std::vector<std::string>& reasons) {
  for (const host::UnknownArch& unknown : tally.unknown_archs) {
    reasons.push_back(
        fmt::format("{} system calls of architecture {}, whose numbers are not known, "
                    "could not be read",
                    unknown.calls, name_of(unknown.arch)));
  }
}

/// Do the sockets that carried bytes have their connect and their address, by family and outcome?
void add_peers(const host::AuditTally& tally, const AuditVisibility& visibility,
               std::vector<std::string>& reasons) {
  if (tally.connects_without_address > 0) {
    reasons.push_back(fmt::format(
        "the address of {} connections is not in the log (SOCKADDR records are left out)",
        tally.connects_without_address));
  }
  if (tally.calls_without_arguments > 0) {
    reasons.push_back(
        fmt::format("the arguments of {} socket calls of 32-bit programs (socketcall) are not in "
                    "the log: their descriptors and families are not known",
                    tally.calls_without_arguments));
  }
  constexpr std::array kNames = {"IPv4", "IPv6", "other"};
  std::uint64_t connects = 0;
  for (const host::FamilyTally& family : tally.families) {
    connects += family.connects;
  }
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const host::FamilyTally& family = tally.families[i];
    if (family.nameless == 0) {
      continue;
    }
    const char* const why = family.connects == 0 && connects > 0 ? ": no connect of that family is"
                            : !visibility.pending_connects
                                ? ": those that were not done at once are left out"
                                : "";
    reasons.push_back(
        fmt::format("the connect of {} {} sockets that sent {} bytes is not in the log{}",
                    family.nameless, kNames[i], family.nameless_bytes, why));
  }
  constexpr std::uint64_t kMuch = 65536;
  if (visibility.connects && !visibility.pending_connects && tally.unopened_sends > kMuch) {
    reasons.push_back(fmt::format(
        "no connect that failed or was still under way is in the log, and {} bytes went "
        "over sockets whose opening is not: connects that are not done at once seem to "
        "be left out",
        tally.unopened_sends));
  }
  if (visibility.some_writes && tally.connects_32 > 0 && tally.writes_32 == 0) {
    reasons.emplace_back("calls that carry bytes are not in the log of 32-bit programs");
  }
  if (tally.xdp_sockets > 0) {
    reasons.push_back(
        fmt::format("{} AF_XDP sockets were made: what goes over them is in no system call",
                    tally.xdp_sockets));
  }
  if (tally.async_programs > 0 || tally.ring_operations > 0) {
    reasons.push_back(fmt::format(
        "{} programs used io_uring or io_submit: what they sent that way is in no record",
        std::max<std::uint64_t>(tally.async_programs, 1)));
  }
}

/// "one, two and three"
std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 < words.size() ? ", " : " and ") + words[i];
  }
  return text;
}

/// What the log says of losses.
struct Losses {
  std::uint64_t events{};  ///< at least
  std::size_t places{};
  bool off{};      ///< auditing was switched off for a time
  bool excerpt{};  ///< most serials are missing: made by a filter
};

Losses note_losses(const host::AuditTally& tally, std::vector<Gap>& gaps) {
  constexpr audit::TimeMs kGoingDown = 2000;
  constexpr std::uint64_t kMost = 4;  // missing for one that is there: no loss is as great
  Losses losses;
  losses.excerpt = tally.gap_serials > kMost * tally.events;
  for (const host::Loss& loss : tally.losses) {
    const bool at_end = loss.kind == host::Loss::Kind::half_event &&
                        loss.from >= tally.last - kGoingDown &&
                        loss.events == 1;  // the machine went down between two records
    if (at_end || !tally.is_told(loss) ||
        (losses.excerpt && loss.kind == host::Loss::Kind::serial_gap)) {
      continue;
    }
    const bool by_rules = loss.kind == host::Loss::Kind::rules_removed;  // its reason tells of it
    losses.events += by_rules ? 0 : std::max<std::uint64_t>(loss.events, 1);
    losses.off = losses.off || loss.kind == host::Loss::Kind::auditing_off;
    if (gaps.size() < kMaxGaps) {
      gaps.push_back({loss.from, loss.to, why(loss)});
      losses.places += by_rules ? 0U : 1U;
    }
  }
  return losses;
}

/// "sendto and sendmsg": calls that something on any host sends by, and that no rule asks for.
/// Empty while so few programs send that one may be missing by chance. writev has few users: it is
/// named beside the others.
std::string unaudited_sends(const host::AuditTally& tally) {
  using audit::Call;
  constexpr std::uint64_t kManyCalls = 256;
  constexpr std::ptrdiff_t kManyPrograms = 8;
  std::vector<std::string> names;
  std::uint64_t events = 0;
  for (const Call call : {Call::write, Call::sendto, Call::sendmsg, Call::writev}) {
    events += tally.of(call).events;
    if (tally.of(call).events == 0 && (call != Call::writev || !names.empty())) {
      names.emplace_back(audit::to_word(call));
    }
  }
  if (names.empty() || events < kManyCalls ||
      std::count_if(tally.programs.begin(), tally.programs.end(),
                    [](const host::ProgramTally& one) { return one.writes > 0; }) < kManyPrograms) {
    return {};
  }
  return listed(names);
}

/// Which calls are not in the log. Of what cannot be read nothing can be said.
void add_calls(const host::AuditTally& tally, const AuditVisibility& visibility,
               HostCoverage& coverage) {
  std::vector<std::string>& reasons = coverage.reasons;
  const bool is_read = tally.unknown_archs.empty() || tally.of_any_call();
  if (!coverage.execs && is_read) {
    reasons.emplace_back("program starts (execve) are not in the log");
  }
  if (!coverage.connects && is_read) {
    reasons.emplace_back(
        "connections are not in the log: destinations only as far as command lines name them");
  }
  if (!coverage.bytes && is_read) {
    reasons.emplace_back("no call that carries bytes is in the log: volumes are unknown");
  } else if (coverage.bytes && !visibility.all_writes) {
    reasons.emplace_back(
        "calls that carry bytes are audited for some programs or sizes only: volumes are lower "
        "bounds");
  }
  if (const std::string calls = unaudited_sends(tally); !calls.empty()) {
    reasons.push_back(
        fmt::format("no {} is in the log: what programs send by such calls would not show, volumes "
                    "are lower bounds",
                    calls));
  }
  if (coverage.bytes && !visibility.closes_seen) {
    reasons.emplace_back(
        "the ends of descriptors (close) are not in the log: volumes are estimates");
  } else if (coverage.bytes && !visibility.ranges) {
    reasons.emplace_back(
        "close_range is not in the log: a number may be another file's, volumes are estimates");
  }
}

/// Rules may leave out whoever did not log in (auid!=unset): the very things that run unattended.
void add_daemons(const host::AuditTally& tally, std::vector<std::string>& reasons) {
  constexpr auto kDaemons = static_cast<std::size_t>(host::UserClass::unset);
  constexpr std::uint64_t kEnough = 50;  // of so many calls some are a daemon's
  std::uint64_t of_daemons = tally.forgotten[kDaemons].calls + tally.forgotten[kDaemons].writes;
  for (std::size_t i = kDaemons; i < tally.programs.size(); i += host::kUserClasses) {
    of_daemons += tally.programs[i].events;
  }
  if (of_daemons == 0 && tally.syscalls >= kEnough) {
    reasons.emplace_back(
        "nothing of daemons and services is in the log, only of users who logged in or of cron's");
  }
}

/// "program starts, connections and bytes"
std::string kinds_text(unsigned kinds) {
  std::vector<std::string> words;
  if ((kinds & host::kind::kExec) != 0) {
    words.emplace_back("program starts");
  }
  if ((kinds & host::kind::kConnect) != 0) {
    words.emplace_back("connections");
  }
  if ((kinds & ~unsigned{host::kind::kExec | host::kind::kConnect}) != 0) {
    words.emplace_back("calls that carry bytes");
  }
  return listed(words);
}

std::string user_text(const host::AuditTally& tally, std::uint32_t auid) {
  const std::string_view name = tally.user_name(auid);
  return name.empty() ? fmt::format("auid {}", auid) : fmt::format("auid {} ({})", auid, name);
}

std::string who_text(const host::AuditTally& tally, const host::RuleChange& change) {
  const std::string who =
      change.auid == host::kUnset
          ? std::string("nobody who had logged in")
          : user_text(tally, change.auid) +
                (change.ses == host::kUnset ? "" : fmt::format(" in session {}", change.ses));
  return change.by_several ? who + " and others" : who;
}

/// Of rules that were taken away in mid-log and not given back: how many, when, by whom.
void add_rules(const host::AuditTally& tally, std::vector<std::string>& reasons) {
  constexpr std::size_t kMost = 8;
  const std::vector<host::RuleChange>& holes = tally.rules.holes();
  for (std::size_t i = 0; i < std::min(kMost, holes.size()); ++i) {
    const host::RuleChange& hole = holes[i];
    if (hole.removed == 0 && hole.added == 0 && hole.hiding_added == 0) {
      reasons.push_back(fmt::format(
          "after the boot at {} no audit rules were loaded; of {} nothing is in the log until {}",
          audit::format_rfc3339(hole.from), kinds_text(hole.missing()),
          audit::format_rfc3339(hole.to)));
      continue;
    }
    reasons.push_back(fmt::format(
        "{} audit rules were {} at {} by {}; of {} nothing is in the log from then until {}",
        hole.removed > 0 ? hole.removed : hole.added, hole.removed > 0 ? "removed" : "added",
        audit::format_rfc3339(hole.from), who_text(tally, hole), kinds_text(hole.missing()),
        audit::format_rfc3339(hole.to)));
  }
  if (holes.size() > kMost) {
    reasons.push_back(fmt::format("audit rules were removed {} more times", holes.size() - kMost));
  }
}

/// Of rules that may leave calls out and came in mid-log: how many, when, by whom.
void add_doubts(const host::AuditTally& tally, std::vector<std::string>& reasons) {
  constexpr std::size_t kMost = 8;
  const std::vector<host::RuleChange>& doubts = tally.rules.doubts();
  for (std::size_t i = 0; i < std::min(kMost, doubts.size()); ++i) {
    const host::RuleChange& doubt = doubts[i];
    reasons.push_back(fmt::format(
        "{} audit rule{} that may leave calls out (without a key, or of the lists task and "
        "exclude) "
        "came at {} by {}{}",
        doubt.hiding_added, doubt.hiding_added == 1 ? "" : "s", audit::format_rfc3339(doubt.from),
        who_text(tally, doubt),
        doubt.to == 0 ? "" : fmt::format(", and went at {}", audit::format_rfc3339(doubt.to))));
  }
  if (doubts.size() > kMost) {
    reasons.push_back(fmt::format("such rules were added {} more times", doubts.size() - kMost));
  }
}

/// Of calls that came no more, though no record tells of rules that were taken away.
void add_ceased(const host::AuditTally& tally, std::vector<std::string>& reasons) {
  constexpr std::size_t kMost = 8;
  struct Words {
    const char* calls;
    const char* occasion;
  };
  constexpr std::array kWords = {
      Words{"no program start is", "sessions were opened"},
      Words{"no connection is", "programs began that had connected before"},
      Words{"no call that carries bytes is", "programs began that had made such calls before"}};
  std::vector<host::Ceased> all = tally.ceased.all();
  std::erase_if(all, [&](const host::Ceased& one) { return one.to < tally.since; });
  for (std::size_t i = 0; i < std::min(kMost, all.size()); ++i) {
    const host::Ceased& one = all[i];
    const Words& words = kWords[static_cast<std::size_t>(one.kind)];
    reasons.push_back(
        fmt::format("{} in the log from {} until {}, though {} {}: the rules of then "
                    "seem to be others",
                    words.calls, audit::format_rfc3339(one.from), audit::format_rfc3339(one.to),
                    one.missed, words.occasion));
  }
  if (all.size() > kMost) {
    reasons.push_back(fmt::format("such calls came no more {} times besides", all.size() - kMost));
  }
}

/// Of users whose programs a rule leaves out.
void add_users(const host::AuditTally& tally, std::vector<std::string>& reasons) {
  constexpr std::size_t kMost = 8;
  std::vector<host::QuietUser> all = tally.users.all();
  const std::vector<host::Ceased> ceased = tally.ceased.all();
  std::erase_if(all, [&](const host::QuietUser& one) {
    // Of all users it is told already.
    return one.to < tally.since ||
           std::any_of(ceased.begin(), ceased.end(), [&](const host::Ceased& other) {
             return other.kind == host::Ceased::Kind::exec && other.from <= one.from &&
                    one.to <= other.to;
           });
  });
  for (std::size_t i = 0; i < std::min(kMost, all.size()); ++i) {
    reasons.push_back(fmt::format(
        "no program start of {} is in the log from {} until {}, though {} sessions were opened in "
        "which programs begin",
        user_text(tally, all[i].auid), audit::format_rfc3339(all[i].from),
        audit::format_rfc3339(all[i].to), all[i].sessions));
  }
  if (all.size() > kMost) {
    reasons.push_back(fmt::format("so it was {} times besides", all.size() - kMost));
  }
}

/// Of children that did nothing, where others of the same program always do: what a rule leaves out
/// by program (-F exe!=…) or by user begins as a child of one that it does not.
void add_children(const host::AuditTally& tally, std::vector<std::string>& reasons) {
  constexpr std::uint32_t kSome = 8;
  constexpr std::uint32_t kTimes = 8;
  std::uint64_t silent = 0;
  for (const host::ProgramTally& program : tally.programs) {
    const std::uint32_t children = program.silent_children();
    silent += program.children >= kSome && children * kTimes <= program.children ? children : 0;
  }
  if (silent > 0) {
    reasons.push_back(fmt::format(
        "of {} process{} nothing is in the log but that a program forked {}, whose other children "
        "always show: a rule seems to leave out what ran there",
        silent, silent == 1 ? "" : "es", silent == 1 ? "it" : "them"));
  }
}

void add_losses(const Losses& losses, HostCoverage& coverage) {
  if (losses.off) {
    coverage.reasons.emplace_back("auditing was switched off for a time");
  }
  if (losses.events > 0) {
    coverage.reasons.push_back(
        fmt::format("records were lost: {} places, about {} events", losses.places, losses.events));
  }
  if (losses.excerpt) {
    coverage.reasons.emplace_back(
        "most serials are missing: an excerpt of a log, made by a filter; absence proves nothing");
  }
}

/// Since when, up to the log's end, neither connections nor bytes are in it, where a reason tells
/// that rules have gone; empty: they are.
std::optional<audit::TimeMs> dark_since(const host::AuditTally& tally) {
  const audit::TimeMs seen = std::max(tally.ceased.last(host::Ceased::Kind::connect),
                                      tally.ceased.last(host::Ceased::Kind::bytes));
  const auto is_open = [&](const auto& hole) { return hole.to >= tally.last && hole.from >= seen; };
  const std::vector<host::RuleChange>& changes = tally.rules.holes();
  const std::vector<host::Ceased>& ceased = tally.ceased.all();
  const bool is_dark = std::any_of(changes.begin(), changes.end(), is_open) ||
                       std::any_of(ceased.begin(), ceased.end(), is_open);
  return is_dark ? std::optional(seen) : std::nullopt;
}

}  // namespace

HostCoverage assess(const host::AuditTally& tally, const AuditVisibility& visibility) {
  HostCoverage coverage;
  coverage.first = std::min(std::max(tally.first, tally.since), tally.last);
  coverage.last = tally.last;
  coverage.execs = tally.of(audit::Call::execve).events > 0;
  coverage.connects = visibility.connects;
  coverage.bytes = visibility.some_writes;
  coverage.descriptors = visibility.closes_seen;
  if (tally.events == 0) {
    coverage.reasons.emplace_back("no events in the log");
    return coverage;
  }
  const Losses losses = note_losses(tally, coverage.gaps);
  add_archs(tally, coverage.reasons);
  add_calls(tally, visibility, coverage);
  add_peers(tally, visibility, coverage.reasons);
  add_daemons(tally, coverage.reasons);
  add_rules(tally, coverage.reasons);
  add_doubts(tally, coverage.reasons);
  add_ceased(tally, coverage.reasons);
  add_users(tally, coverage.reasons);
  if (visibility.all_writes && visibility.closes_seen) {
    add_children(tally, coverage.reasons);
  }
  add_losses(losses, coverage);
  if (!coverage.bytes || !coverage.connects) {
    coverage.verdict = CoverageVerdict::blind;
  } else if (coverage.reasons.empty()) {
    coverage.verdict = CoverageVerdict::adequate;
  } else {
    coverage.verdict = CoverageVerdict::partial;
  }
  if (const auto dark = dark_since(tally)) {
    coverage.reasons.insert(coverage.reasons.begin(),
                            fmt::format("since {} neither connections nor bytes are in the log, "
                                        "which were before",
                                        audit::format_rfc3339(*dark)));
    // All that is new may be anything: to a run of every day it is the same as no log.
    if (tally.known_to != 0 && *dark <= tally.known_to) {
      coverage.verdict = CoverageVerdict::blind;
    }
  }
  return coverage;
}

void note_untold(std::uint64_t messages, std::uint64_t connections, HostCoverage& coverage) {
  if (messages > 0) {
    coverage.reasons.push_back(
        fmt::format("unattended programs sent {} messages by sendmmsg, whose bytes the log does "
                    "not tell",
                    messages));
  }
  if (connections > 0) {
    coverage.reasons.push_back(
        fmt::format("what went over {} connection{} of unattended programs is in no call that the "
                    "log has (sendfile, splice or another that no rule asks for)",
                    connections, connections == 1 ? "" : "s"));
  }
  if (messages > 0 || connections > 0) {
    coverage.verdict = std::max(coverage.verdict, CoverageVerdict::partial);
  }
}

}  // namespace auexfil::coverage
