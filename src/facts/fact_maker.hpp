#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "auexfil/facts/make_facts.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"
#include "destination.hpp"
#include "estimate.hpp"
#include "login.hpp"
#include "made_facts.hpp"
#include "preparation.hpp"
#include "starter.hpp"

namespace auexfil::facts {

/// Makes the facts of a host's invocations: one as a client, one for each peer that it serves.
/// Remembers nothing that would make a fact another one, but where there is an image: of one host
/// there may be several, on threads of their own.
class FactMaker {
 public:
  /// All outlive it. \param visibility  of the whole log, its `seen` set.
  /// \param redactor  of texts, may be null.
  /// \param files  what became of the files that were sent.
  FactMaker(const HostName& name, const coverage::AuditVisibility& visibility,
            const InvocationStore& store, Redactor* redactor, const Preparation& files)
      : name_(name),
        visibility_(visibility),
        store_(store),
        redactor_(redactor),
        preparation_(files),
        starters_(name.starters, name.signs, store),
        estimator_(name.image, name.starters, store, visibility),
        logins_(name.answers, name.starters, store) {}

  /// Of each that facts are made of, before the first of them is.
  void expect(const Invocation& run) { estimator_.expect(run, starters_.artefact_of(run)); }
  /// Adds its facts, and the bytes that are not believed to have gone over a socket or went to
  /// peers without an address.
  void make(const Invocation& run, MadeFacts& to);

 private:
  using Connections = std::vector<const Connection*>;
  /// What the command line of a program says, asked once.
  struct Known {
    ArgReading reading;
    bool by_helper{};  ///< it sends through helpers that it starts
  };
  /// A destination that is being summed up.
  struct Part {
    bool has_unknown{};  ///< connections whose bytes are unknown are in it
    std::uint64_t calls_out{};
  };

  void begin_fact(const Invocation& run, MadeFact& made);
  void fill_lineage(std::uint32_t nearest, MadeFact& made);
  void finish(const Invocation& run, Fact& fact) const;
  void fill_files(const Invocation& run, Fact& fact) const;
  [[nodiscard]] std::optional<std::uint64_t> size_in_image(const std::string& path,
                                                           audit::TimeMs opened) const;
  void make_by_argv(const Invocation& run, MadeFacts& to);
  const Known& known_of(const Invocation& run);
  void fill(Program& program, const Invocation::Program& from);
  void fill_name(std::optional<std::string>& name, std::uint32_t id) const;
  [[nodiscard]] const std::string& file_name(std::uint32_t file);
  void sort_out(const InvocationView& of, bool by_helper, MadeFacts& to);
  void note_doubts(const InvocationView& of, Connections& connections, bool by_helper,
                   MadeFacts& to);
  void build(const InvocationView& of, const Connections& connections, bool server, MadeFacts& to);
  void add(const InvocationView& of, const Connection& connection, Destination&& d, MadeFact& made);
  [[nodiscard]] bool is_doubted(const Connection& connection) const;
  [[nodiscard]] bool is_old(const Connection& connection) const;
  void add_untold(const InvocationView& of, const Connection& connection,
                  transfer::Untold::To&& peer, transfer::Untold::Sum sum, MadeFacts& to) const;
  void note_silent(const InvocationView& of, const Connection& connection, MadeFacts& to) const;
  void note_untold(const InvocationView& of, const Connection& connection, const Destination& d,
                   bool server, MadeFacts& to) const;
  void close(const InvocationView& of, bool server, Fact& fact);
  [[nodiscard]] bool is_nothing(const InvocationView& of, const Connection& connection) const;

  const HostName& name_;
  const coverage::AuditVisibility& visibility_;
  const InvocationStore& store_;
  Redactor* redactor_;
  const Preparation& preparation_;
  StarterFinder starters_;
  Estimator estimator_;
  LoginFinder logins_;
  /// By tool, argv and whether words of that are missing; bounded.
  std::map<std::tuple<const Tool*, TextId, bool>, Known> known_;
  std::vector<bool> is_plain_;     ///< by text: arguments in which there is nothing to hide
  std::deque<std::string> files_;  ///< names, by index; empty: not asked for
  // Of the invocation at hand.
  Connections client_;
  std::vector<Connections> served_;
  std::size_t served_count_ = 0;
  std::vector<Part> parts_;  ///< of the fact at hand, as its destinations
};

}  // namespace auexfil::facts
