#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "auexfil/host/automation.hpp"

namespace auexfil::host {

/// What people asked daemons to run for them (`docker exec -it`, `systemctl start`, `at now`): the
/// work descends from the daemon, and only the typed command ties it to the person.
class Brokers {
 public:
  /// Each was typed by a person, and is asked for within half a minute or as long as it runs. The
  /// oldest goes.
  static constexpr std::size_t kMostTyped = 256;
  /// Of one command; by its end one that is longer is tied to nothing.
  static constexpr std::size_t kMostWords = 64;
  static constexpr std::size_t kLongest = std::size_t{1} << 20;  ///< word: no line is longer

  /// A command of a [broker …] that a person typed.
  struct Typed {
    std::uint32_t broker{};  ///< index into Signs::brokers
    std::uint32_t boot{};
    std::uint32_t uid = kUnset;
    std::uint32_t auid = kUnset;
    std::uint32_t ses = kUnset;
    std::uint32_t pid{};
    audit::Stamp event;
    audit::TimeMs ended{};  ///< when it returned; 0: not seen
    std::string terminal;
    std::vector<std::string> words;

    /// \param brokers  how many the rules have.
    template <typename Io>
    void walk(Io& io, std::size_t brokers) {
      io.below(broker, brokers);
      io.numbers(boot, pid);
      io.id(uid);
      io.id(auid);
      io.id(ses);
      event.walk(io);
      io.times(ended);
      io.text(terminal, kLongest);
      io.list(words, kMostWords, [&](std::string& word) { io.text(word, kLongest); });
    }
  };
  struct Answer {
    enum class Kind : std::uint8_t {
      none,
      near,   ///< typed just before, but nothing shows that it is this
      waits,  ///< it is this, and whoever typed it waits for it
      left,   ///< it is this, queued for later or left to run
    } kind = Kind::none;
    const Typed* typed = nullptr;
    bool may_be_asked{};  ///< the daemon hands out terminals to people
    bool terminal{};      ///< the command works on a terminal
    /// `waits`: until when whoever typed it does, as far as the command alone tells.
    Automation::Wait wait{};
  };

  /// The image is of a broker's command that a person typed. Keeps the newest 256.
  /// \param ses  whose end tells that they have left.
  void note(const Tracker& tracker, std::uint32_t broker, ProgramIndex image, std::uint32_t ses);

  /// A process of the boot at hand has ended.
  void on_exit(std::uint32_t pid, audit::TimeMs time);

  /// \param daemon_of  brokers whose daemon the ancestor is whose sign holds.
  /// \param below   what is below it, the tool first; the last is what the daemon started.
  [[nodiscard]] Answer ask(const Tracker& tracker, const Signs& signs,
                           std::span<const std::uint32_t> daemon_of,
                           std::span<const ProgramIndex> below) const;

  /// A command by which somebody took up the terminals of a multiplexer (tmux, screen), and sits
  /// there still; null: nobody does.
  /// \param server  the multiplexer.
  [[nodiscard]] const Typed* attached(const Tracker& tracker, const Signs& signs,
                                      const ExecutedProgram& server, audit::TimeMs time) const;

  [[nodiscard]] static std::string sentence(const Typed& typed);

  /// The rules are others: gives each broker its new number, and forgets those that have none.
  void renumber(std::span<const std::uint32_t> brokers);
  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io, std::size_t brokers) {
    io.list(typed_, kMostTyped, [&](Typed& typed) { typed.walk(io, brokers); });
  }

 private:
  class Below;
  [[nodiscard]] static const Signs::Broker* tied(const Signs& signs, const Typed& typed,
                                                 Below& below);
  [[nodiscard]] static Automation::Wait wait_of(const Tracker& tracker, const Signs::Broker& broker,
                                                const Typed& typed);

  std::vector<Typed> typed_;  ///< in the order of the log
};

}  // namespace auexfil::host
