#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/pattern.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/transfer/file_rules.hpp"
#include "auexfil/transfer/terms.hpp"

namespace auexfil::transfer {

enum class Grammar : std::uint8_t { none, copy, host, first, url, hostport, dial, tagged };

struct Ports {
  std::uint16_t first{};
  std::uint16_t last{};
};

/// One [tool …] section; see rules/tools.conf for the meaning of each key.
struct Tool {
  std::string name;
  input::Patterns program;
  input::Patterns shape;
  input::Patterns child;
  input::Patterns script;
  input::Patterns needs;
  std::vector<std::string> works_for;
  Grammar grammar = Grammar::none;
  std::string values;
  std::vector<std::string> long_values;
  std::size_t rest = 0;  ///< operands after which the words are another program's; 0: none
  std::vector<std::string> port_options;
  std::uint16_t port = 0;  ///< that it goes to unless told otherwise; 0: not certain
  std::vector<std::string> peer_options;
  input::Patterns peer_patterns;
  std::vector<std::string> deaf;
  std::vector<std::string> local;
  std::vector<std::string> rsh;
  std::vector<std::string> via;    ///< options whose value names the hosts that it goes through
  std::vector<std::string> meant;  ///< options whose value is the host that the operands mean
  std::vector<std::string> maps;   ///< options whose value HOST:PORT:TARGET says where a host is
  std::vector<std::string> elsewhere;  ///< options by which it goes to no host that it names
  std::string service;
  bool argv_only{};
  input::Patterns out;
  input::Patterns in;
  Direction nature = Direction::unknown;
  bool server{};
  bool udp{};
  bool lowest{};  ///< of the numbers that it writes to, the connection is the lowest
  std::uint64_t floor = 0;
  std::vector<std::uint16_t> control;
  std::vector<Ports> usual;  ///< that its protocols have; empty: nothing is said of them

  /// What a tool does with its standard input.
  enum class Input : std::uint8_t { unused, data, orders };
  /// Where its command line names what goes out.
  struct Sends {
    std::size_t from_operand = 0;    ///< operands from this one on, up to a copy's target; 0: none
    bool last_operand{};             ///< the last one alone
    bool all_folders{};              ///< folders go whole, whatever is said
    bool many_puts{};                ///< `put A B` sends both; else B is the name over there
    std::vector<std::string> files;  ///< options whose value is a file that goes out
    std::vector<std::string> posts;  ///< options whose value names one behind '@' or '<'
    std::vector<std::string> folders;  ///< options with which folders go whole
    std::vector<std::string> narrows;  ///< options that leave out part of what is named
    std::vector<std::string> orders;   ///< options whose value is commands of the tool's own
    std::vector<std::string> batch;    ///< options whose value is a file of such commands
    Input input = Input::unused;
  } sends;
};

struct Lookup {
  std::vector<std::uint16_t> ports;
  bool tcp{};
  bool udp{};
};

/// A [control …]: a protocol whose data go over connections of their own.
struct Control {
  std::vector<std::uint16_t> ports;  ///< of control connections
  std::vector<Ports> data;           ///< empty: any
  bool udp{};                        ///< both are datagrams
};

/// A remote side as the command line names it.
struct ArgPeer {
  /// Without user, brackets, path or port; addresses of inet_aton(3) (127.1, 0x7f000001) as dotted
  /// quads. Empty: the tool sends, but its command line does not tell where to.
  std::string host;
  Direction direction = Direction::unknown;
  std::uint16_t port = 0;  ///< 0: the command line does not tell
  bool by_default{};       ///< the host is where that tool goes unless its settings say otherwise

  bool operator==(const ArgPeer&) const = default;
};

/// What a command line says.
struct ArgReading {
  Direction direction = Direction::unknown;
  std::vector<ArgPeer> peers;  ///< at most 64, and one without a host for the rest
  ArgPeer via;                 ///< the host that it goes through first; empty: none is named
  std::string elsewhere{};     ///< the option by which it goes to no host that it names
};

/// Where it connects to, as far as its command line tells: through another host to that one.
/// Without a host: it does not tell.
[[nodiscard]] std::vector<ArgPeer> spoken_to(const ArgReading& reading);

class Tools {
 public:
  /// Reads [tool …], [multicall …], [lookup …] and [control …], and what FileRules read; mistakes
  /// are added.
  [[nodiscard]] static Tools load(const std::vector<input::Section>& sections,
                                  std::vector<input::Mistake>& mistakes);

  /// The tool that a program is by its name, or null. \param exe whole path.
  [[nodiscard]] const Tool* find_by_name(std::string_view exe,
                                         const std::vector<std::string>& argv) const;
  /// The tool whose arguments these are, whatever the program is called, or null.
  [[nodiscard]] const Tool* find_by_shape(const std::vector<std::string>& argv) const;
  /// The tool that starts helpers with these arguments, or null.
  [[nodiscard]] const Tool* find_by_child(const std::vector<std::string>& child_argv) const;
  [[nodiscard]] const Tool* find(std::string_view name) const;
  /// Can a program file of one name be called by the other: tnftp by ftp, busybox by tftp?
  [[nodiscard]] bool is_same_program(std::string_view exe, std::string_view called) const;
  /// A number for each tool, 0 for none; and the way back.
  [[nodiscard]] std::uint64_t number_of(const Tool* tool) const {
    return tool == nullptr ? 0 : static_cast<std::uint64_t>(tool - tools_.data()) + 1;
  }
  [[nodiscard]] const Tool* by_number(std::uint64_t number) const {
    return number == 0 ? nullptr : &tools_[number - 1];
  }

  [[nodiscard]] std::size_t size() const { return tools_.size(); }
  [[nodiscard]] const std::vector<Tool>& all() const { return tools_; }
  [[nodiscard]] const FileRules& files() const { return files_; }

  [[nodiscard]] bool is_lookup(std::uint16_t port, bool udp) const;

  /// Where one connection of a program goes.
  struct To {
    std::uint16_t port{};
    bool udp{};
  };
  /// Is it the port of a control connection? \param tool  null: of a program that is no tool.
  [[nodiscard]] bool is_control(const Tool* tool, std::uint16_t port) const;
  /// May `data` carry what `control`, to the same address, asked for?
  [[nodiscard]] bool is_data_of(const Tool* tool, To control, To data) const;

 private:
  /// The first tool, in the order of the file, that a program of that name is and `is_it` accepts.
  template <typename IsIt>
  [[nodiscard]] const Tool* first_called(std::string_view name, const IsIt& is_it) const;
  void index_names();

  std::vector<Tool> tools_;
  /// Tools by the plain names of their programs, and those with a glob among them; ascending.
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> by_name_;
  std::vector<std::uint32_t> by_glob_;
  std::vector<std::uint32_t> shapes_;   ///< those with a shape
  std::vector<std::uint32_t> parents_;  ///< those that are known by what they start
  input::Patterns multicall_;
  input::Patterns interpreters_;
  std::vector<Lookup> lookups_;
  std::vector<Control> controls_;
  FileRules files_;

  [[nodiscard]] const Tool* find_script(std::string_view exe,
                                        const std::vector<std::string>& argv) const;
};

/// Reads a command line by a tool's grammar. Of one that is not known nothing is told but the
/// tool's nature. \param cut  words are missing: that nothing speaks of an upload makes it no
/// download then.
[[nodiscard]] ArgReading read_argv(const Tool& tool, const std::vector<std::string>& argv,
                                   bool cut = false);

/// What a command line names that would go out.
struct ArgSource {
  enum class Kind : std::uint8_t {
    path,   ///< a file, or a folder
    glob,   ///< a pattern of names that the tool itself looks for
    batch,  ///< a file of commands of the tool's own
    input,  ///< what stands at its standard input, see Tool::Input
  };
  Kind kind = Kind::path;
  std::string path;
  bool whole{};      ///< of a folder, all that lies in it
  bool narrowed{};   ///< part of it is left out, as something says that is not read
  std::string peer;  ///< host that it goes to, where the command line tells; else empty

  bool operator==(const ArgSource&) const = default;
};

/// In the order of the command line, at most 4096. Names of other hosts' files are none.
[[nodiscard]] std::vector<ArgSource> sources_of(const Tool& tool,
                                                const std::vector<std::string>& argv);

/// The same of a text of commands that the tool takes (put, mput, mirror -R; lcd before them).
[[nodiscard]] std::vector<ArgSource> sources_in_orders(const Tool& tool, std::string_view text);

/// Is it this host, by address or by a name that is always this host's (localhost and what lies
/// below it, RFC 6761 section 6.3; the names of Debian's and Red Hat's /etc/hosts)?
[[nodiscard]] bool is_this_host(std::string_view host);

/// Arguments joined by blanks, at most 4 KiB.
[[nodiscard]] std::string join_argv(const std::vector<std::string>& argv);

}  // namespace auexfil::transfer
