#include "auexfil/artefacts/volumes.hpp"

#include <algorithm>
#include <array>
#include <fnmatch.h>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "auexfil/input/format_size.hpp"
#include "commands.hpp"
#include "fit.hpp"
#include "lines.hpp"
#include "reader.hpp"
#include "weigh.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostAbove = 8;
constexpr std::size_t kMostFiles = 4096;
constexpr std::uint64_t kTarRecord = 10240;

using Texts = std::vector<std::string>;
using transfer::ArgSource;

/// The words of a command; nothing where only the run knows one of them.
std::optional<Texts> plain_words(const Words& words) {
  Texts texts;
  for (const Word& word : words) {
    if (!word.is_plain()) {
      return std::nullopt;
    }
    texts.push_back(word.pieces.front());
  }
  return texts;
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

/// Is one of the options there, a letter among others or a long one? "--" ends them.
bool has_option(const Texts& argv, std::string_view letters,
                std::initializer_list<std::string_view> names) {
  for (std::size_t i = 1; i < argv.size() && argv[i] != "--"; ++i) {
    const std::string_view word = argv[i];
    const bool is_long = word.starts_with("--");
    if (is_long
            ? std::find(names.begin(), names.end(), word.substr(0, word.find('='))) != names.end()
            : is_option(argv[i]) && word.find_first_of(letters) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

/// What a tar is told to write to its output.
struct Tar {
  std::string folder;  ///< that the names stand in; empty: the working directory
  Texts members;
  bool packed{};
  bool follows{};  ///< links: what they lead to is written
};

/// tar(1): `tar czf - -C DIR NAME…`, `tar -c NAME…`. Nothing where it writes to a file, reads, or
/// leaves something out.
class TarReader {
 public:
  explicit TarReader(const Texts& words) : words_(words) {}

  std::optional<Tar> read() {
    for (at_ = 1; at_ < words_.size() && is_good_; ++at_) {
      const std::string& word = words_[at_];
      if (word.starts_with("--")) {
        read_long(word);
      } else if (is_option(word) || at_ == 1) {
        read_letters(word.substr(is_option(word) ? 1 : 0), !is_option(word));
      } else {
        tar_.members.push_back(word);
      }
    }
    const bool is_whole = is_good_ && creates_ && !tar_.members.empty();
    return is_whole ? std::optional(std::move(tar_)) : std::nullopt;
  }

 private:
  std::string next() { return at_ + 1 < words_.size() ? words_[++at_] : std::string(); }

  void take_value(char letter, const std::string& value) {
    if (letter == 'f') {
      is_good_ = is_good_ && value == "-";
    } else if (letter == 'C') {
      is_good_ = is_good_ && tar_.members.empty() && tar_.folder.empty();
      tar_.folder = value;
    } else if (letter == 'T' || letter == 'X' || letter == 'N') {
      is_good_ = false;
    }
  }

  /// \param old  of the first word without a dash: values follow it, in the order of the letters.
  void read_letters(const std::string& letters, bool old) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const char letter = letters[i];
      creates_ = creates_ || letter == 'c';
      tar_.follows = tar_.follows || letter == 'h';
      is_good_ = is_good_ && std::string_view("xtruAd").find(letter) == std::string_view::npos;
      tar_.packed =
          tar_.packed || std::string_view("zjJZaI").find(letter) != std::string_view::npos;
      if (std::string_view("fCTXNbHIgVKLF").find(letter) == std::string_view::npos) {
        continue;
      }
      if (old || i + 1 == letters.size()) {
        take_value(letter, next());
      } else {
        take_value(letter, letters.substr(i + 1));
        return;
      }
    }
  }

  void read_long(const std::string& word) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string name = word.substr(0, equals);
    const auto value = [&] { return equals < word.size() ? word.substr(equals + 1) : next(); };
    if (name == "--create") {
      creates_ = true;
    } else if (name == "--dereference") {
      tar_.follows = true;
    } else if (name == "--file") {
      take_value('f', value());
    } else if (name == "--directory") {
      take_value('C', value());
    } else if (name == "--gzip" || name == "--bzip2" || name == "--xz" || name == "--zstd" ||
               name == "--lzma" || name == "--lzip" || name == "--lzop" ||
               name == "--auto-compress" || name == "--use-compress-program") {
      tar_.packed = true;
    } else if (name.starts_with("--exclude") || name == "--files-from" || name == "--extract" ||
               name == "--list" || name.starts_with("--newer") || name == "--null" ||
               name == "--listed-incremental" || name == "--after-date") {
      is_good_ = false;
    }
  }

  const Texts& words_;
  std::size_t at_ = 1;
  Tar tar_;
  bool creates_ = false;
  bool is_good_ = true;
};

bool is_packer(std::string_view name) {
  constexpr std::array<std::string_view, 9> kPackers = {"gzip", "pigz", "bzip2", "pbzip2", "xz",
                                                        "zstd", "lz4",  "lzop",  "lzma"};
  return std::find(kPackers.begin(), kPackers.end(), name) != kPackers.end();
}

bool same_input(const PipedCommand& a, const PipedCommand& b) {
  return a.input == b.input && a.here == b.here && a.from == 0 && b.from == 0;
}

}  // namespace

struct Volumes::State {
  State(const input::Tree& tree, const Volumes::Bounds& bounds)
      : image(tree), reader(tree, texts, scratch), scales(tree, bounds) {}

  const input::Tree& image;
  artefacts::Bounds texts;  // of scripts and files of commands
  Inventory scratch;
  Reader reader;
  Scales scales;
};

namespace {

/// One call.
class Caller {
 public:
  Caller(const input::Tree& image, Reader& reader, Scales& scales, const Sending& sending)
      : image_(image), reader_(reader), scales_(scales), sending_(sending) {}

  Volume weigh() {
    scales_.begin();
    scales_.reset_bounded();
    const std::uint64_t reached = bounds_reached();
    const std::string_view name = sending_.argv.empty() ? "" : base_name(sending_.argv.front());
    if (name == "rsync") {
      begin_rsync();
    }
    is_part_ = name == "curl" && has_option(sending_.argv, "", {"--continue-at", "--range"});
    is_part_ = is_part_ || (name == "curl" && has_part_letter());
    const bool sends_none =
        (name == "rsync" && has_option(sending_.argv, "n", {"--dry-run", "--list-only"})) ||
        (name == "rclone" && has_option(sending_.argv, "n", {"--dry-run"}));
    for (const ArgSource& source :
         sends_none ? std::vector<ArgSource>() : sources_of(*sending_.tool, sending_.argv)) {
      take(source, 0);
    }
    volume_.bounded = scales_.is_bounded() || bounds_reached() > reached;
    return std::move(volume_);
  }

 private:
  /// rsync(1): a link is sent as what it is but with -L or -k, and with -H a file of several names
  /// once.
  void begin_rsync() {
    follows_ = has_option(sending_.argv, "Lk", {"--copy-links", "--copy-dirlinks"});
    if (has_option(sending_.argv, "H", {"--hard-links"})) {
      scales_.begin_links();
    }
  }

  /// `curl -C 500`, `-r 0-99`: of the file from there on, or that part.
  [[nodiscard]] bool has_part_letter() const {
    return std::any_of(sending_.argv.begin() + 1, sending_.argv.end(), [](const std::string& word) {
      return word.starts_with("-C") || word.starts_with("-r");
    });
  }

  [[nodiscard]] std::uint64_t bounds_reached() const {
    std::uint64_t sum = 0;
    for (const auto& [bound, times] : reader_.found().bounds) {
      sum += times;
    }
    return sum;
  }

  /// \return empty where it is not known.
  [[nodiscard]] std::string absolute(const std::string& path, const std::string& folder) const {
    if (path.starts_with('/')) {
      return path;
    }
    const std::string base = folder.empty() ? sending_.cwd : absolute(folder, {});
    return path.empty() || !base.starts_with('/') ? std::string()
           : base == "/"                          ? base + path
                                                  : base + "/" + path;
  }

  /// A word of which a file tells so much that only the run knows it.
  [[nodiscard]] bool is_open(const ArgSource& source) const {
    return is_part_ || (sending_.is_written &&
                        (source.path.find('$') != std::string::npos || source.path == "{}"));
  }

  void take(const ArgSource& source, int depth) {
    if (is_open(source)) {
      ++volume_.open;
      return;
    }
    switch (source.kind) {
      case ArgSource::Kind::path:
        add(source.path, {}, source);
        break;
      case ArgSource::Kind::glob:
        add_glob(source);
        break;
      case ArgSource::Kind::batch:
        add_batch(absolute(source.path, {}), depth);
        break;
      case ArgSource::Kind::input:
        if (depth == 0) {
          add_input(source);
        }
        break;
    }
  }

  /// \return of what it weighs as a part of a tar, 0 where it is not there.
  std::uint64_t add(const std::string& path, const std::string& folder, const ArgSource& how) {
    const std::string place = absolute(path, folder);
    input::Tree::Info info;
    const bool is_there = !place.empty() && image_.stat(place, info) == 0;
    if (is_there && info.kind == input::Tree::Kind::folder && how.narrowed) {
      return 0;  // how much of it goes is told by what is not read
    }
    ++volume_.named;
    std::string target;
    if (is_there && !follows_ && !place.ends_with('/') && image_.read_link(place, target) == 0) {
      volume_.files.push_back({place, 0, 1, info.changed, how.peer});
      return 512;  // of a tar: its header
    }
    const auto weight = is_there ? scales_.weigh(place, how.whole) : std::nullopt;
    if (!weight || volume_.files.size() >= kMostFiles) {
      return 0;
    }
    volume_.files.push_back({place, weight->bytes, weight->files, weight->changed, how.peer});
    return weight->as_tar;
  }

  /// Names of one folder that the tool itself looks for.
  void add_glob(const ArgSource& source) {
    const std::size_t slash = source.path.rfind('/');
    const std::string folder = slash == std::string::npos ? std::string()
                               : slash == 0               ? std::string("/")
                                                          : source.path.substr(0, slash);
    const std::string pattern = source.path.substr(slash == std::string::npos ? 0 : slash + 1);
    const std::string place = folder.empty() ? sending_.cwd : absolute(folder, {});
    std::optional<Texts> names;
    if (place.starts_with('/') && place.find_first_of("*?[") == std::string::npos) {
      names = reader_.names(place);
    }
    const std::uint64_t before = volume_.named;
    for (const std::string& name : names.value_or(Texts())) {
      if (fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0) {
        add(name, place, source);
      }
    }
    volume_.named += volume_.named == before ? 1U : 0U;
  }

  void add_batch(const std::string& path, int depth) {
    const auto text = path.empty() || depth > 0 ? std::nullopt : namer_text(path);
    if (!text) {
      ++volume_.named;
      return;
    }
    add_orders(*text);
  }

  void add_orders(std::string_view text) {
    for (const ArgSource& source : sources_in_orders(*sending_.tool, text)) {
      take(source, 1);
    }
  }

  /// The text of a file that names what goes out.
  std::optional<std::string> namer_text(const std::string& path) {
    auto text = reader_.text(path);
    input::Tree::Info info;
    if (text && image_.stat(path, info) == 0) {
      volume_.namers.push_back({path, info.changed});
    }
    return text;
  }

  /// What a shell above was given, or reads: an argument, or the script that it runs.
  std::optional<std::string> shell_text(const Texts& argv, std::string& script) {
    Ran shell;
    shell.argv.assign(argv.begin(), argv.end());
    if (const std::string_view given = given_text(shell); !given.empty()) {
      return std::string(given);
    }
    const auto path = std::find_if(argv.begin(), argv.end(), [](const std::string& word) {
      return word.starts_with('/') && !is_shell_name(word);
    });
    if (path == argv.end() || path - argv.begin() > 2) {
      return std::nullopt;
    }
    auto text = reader_.text(*path);
    if (!text || !text->starts_with("#!") || text->find('\0') != std::string::npos) {
      return std::nullopt;
    }
    script = *path;
    return text;
  }

  static bool is_shell_name(const std::string& word) {
    constexpr std::array<std::string_view, 6> kShells = {"sh", "bash", "dash", "ash", "ksh", "zsh"};
    return std::find(kShells.begin(), kShells.end(), base_name(word)) != kShells.end();
  }

  /// The call where it stands in a shell's text; none, or several that are not alike: null.
  const PipedCommand* find_call(const std::vector<PipedCommand>& commands) const {
    Ran ran;
    ran.argv.assign(sending_.argv.begin(), sending_.argv.end());
    const PipedCommand* found = nullptr;
    for (const PipedCommand& command : commands) {
      Artefact one;
      one.commands = {command.words};
      if (fit(one, ran) < Fit::loose) {
        continue;
      }
      if (found != nullptr && !same_input(*found, command)) {
        return nullptr;
      }
      found = &command;
    }
    return found;
  }

  void add_input(const ArgSource& source) {
    const std::size_t last = std::min(sending_.above.size(), kMostAbove);
    for (std::size_t i = 0; i < last; ++i) {
      std::string script;
      const auto text = shell_text(sending_.above[i], script);
      if (!text) {
        continue;
      }
      const std::vector<PipedCommand> commands = split_pipes(*text);
      const PipedCommand* const call = find_call(commands);
      if (call == nullptr) {
        continue;
      }
      const std::uint64_t before = volume_.named;
      add_input_of(*call, commands, source);
      if (!script.empty() && volume_.named > before) {
        input::Tree::Info info;
        if (image_.stat(script, info) == 0) {
          volume_.namers.push_back({script, info.changed});
        }
      }
      return;
    }
  }

  void add_input_of(const PipedCommand& call, const std::vector<PipedCommand>& commands,
                    const ArgSource& source) {
    const bool takes_orders = sending_.tool->sends.input == transfer::Tool::Input::orders;
    if (call.input && call.input->is_plain()) {
      const std::string& path = call.input->pieces.front();
      if (takes_orders) {
        add_batch(absolute(path, {}), 0);
      } else {
        add(path, {}, source);
      }
    } else if (call.here && takes_orders) {
      add_orders(*call.here);
    } else if (call.from > 0) {
      add_output(commands, call.from, source);
    } else if (takes_orders && !sending_.input.empty()) {
      add_orders(sending_.input);
    }
  }

  /// What a command writes to the pipe behind it.
  void add_output(const std::vector<PipedCommand>& commands, std::size_t place,
                  const ArgSource& source) {
    const PipedCommand& command = commands[place - 1];
    const auto words = plain_words(command.words);
    if (!words) {
      return;
    }
    const std::string_view name = base_name(words->front());
    if (sending_.tool->sends.input == transfer::Tool::Input::orders) {
      if (name == "echo" || name == "printf") {
        add_orders(joined(*words));
      }
    } else if (name == "cat") {
      add_arguments(*words, source);
    } else if (name == "dd") {
      add_dd(*words, source);
    } else if (name == "tar" || name == "gtar") {
      if (const auto tar = TarReader(*words).read()) {
        add_tar(*tar, source);
      }
    } else if (is_packer(name)) {
      const std::uint64_t before = volume_.named;
      add_arguments(*words, source);
      if (volume_.named == before && command.from > 0) {
        add_output(commands, command.from, source);
      } else if (volume_.named == before && command.input && command.input->is_plain()) {
        add(command.input->pieces.front(), {}, source);
      }
      volume_.packed = volume_.packed || volume_.named > before;
    }
  }

  static std::string joined(const Texts& words) {
    std::string text;
    for (std::size_t i = 1; i < words.size(); ++i) {
      text.append(i == 1 ? "" : " ").append(words[i]);
    }
    return text;
  }

  void add_arguments(const Texts& words, const ArgSource& source) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (!is_option(words[i]) && words[i] != "-") {
        add(words[i], {}, source);
      }
    }
  }

  void add_dd(const Texts& words, const ArgSource& source) {
    constexpr std::string_view kFrom = "if=";
    for (const std::string& word : words) {
      if (word.starts_with("count=") || word.starts_with("skip=")) {
        return;
      }
    }
    for (const std::string& word : words) {
      if (word.starts_with(kFrom)) {
        add(word.substr(kFrom.size()), {}, source);
      }
    }
  }

  void add_tar(const Tar& tar, const ArgSource& source) {
    ArgSource how = source;
    how.whole = true;
    const std::size_t first = volume_.files.size();
    std::uint64_t weight = 0;
    follows_ = tar.follows;
    scales_.begin_links();
    for (const std::string& member : tar.members) {
      weight = add_bytes(weight, add(member, tar.folder, how));
    }
    scales_.end_links();
    follows_ = true;
    if (volume_.files.size() == first) {
      return;
    }
    // Two blocks end it, and records are filled up.
    weight = add_bytes(weight, std::uint64_t{2} * 512);
    const std::uint64_t rest = weight % kTarRecord;
    volume_.around += rest == 0 ? 0 : kTarRecord - rest;
    volume_.packed = volume_.packed || tar.packed;
    std::uint64_t bytes = 0;
    for (std::size_t i = first; i < volume_.files.size(); ++i) {
      bytes = add_bytes(bytes, volume_.files[i].bytes);
    }
    volume_.around = add_bytes(volume_.around, weight - std::min(weight, bytes));
  }

  const input::Tree& image_;
  Reader& reader_;
  Scales& scales_;
  const Sending& sending_;
  Volume volume_;
  bool follows_ = true;   ///< links that are named
  bool is_part_ = false;  ///< of a file, as only the run knows
};

}  // namespace

std::uint64_t Volume::bytes() const {
  std::uint64_t sum = around;
  for (const File& file : files) {
    sum = add_bytes(sum, file.bytes);
  }
  return sum;
}

std::string Volume::describe(std::optional<audit::TimeMs> ended) const {
  constexpr audit::TimeMs kSecond = 1000;
  if (named == 0) {
    return open == 0 ? std::string() : std::string("what it sends only the run knows");
  }
  if (files.empty()) {
    return named == 1 ? std::string("what the command names to be sent is not in the image")
                      : fmt::format(
                            "none of the {} that the command names to be sent is in the "
                            "image",
                            named);
  }
  std::uint64_t count = 0;
  std::uint64_t late = 0;
  for (const File& file : files) {
    count = add_bytes(count, file.files);
    late += ended && file.changed > *ended / kSecond ? 1U : 0U;
  }
  std::string text =
      count == 0 && !bounded
          ? std::string("nothing lies in what the command names to be sent, in the image")
          : fmt::format("{} {} named in the command {} {} in the image", count,
                        count == 1 ? "file" : "files", count == 1 ? "is" : "are",
                        input::format_size(bytes()));
  if (named > files.size()) {
    text += fmt::format("; {} of {} named are there", files.size(), named);
  }
  text += open > 0 ? "; more of it only the run knows" : "";
  if (late > 0) {
    text += late == 1 ? std::string("; one changed after the transfer")
                      : fmt::format("; {} changed after the transfer", late);
  }
  if (ended && std::any_of(namers.begin(), namers.end(),
                           [&](const Namer& one) { return one.changed > *ended / kSecond; })) {
    text += "; what names them changed after the transfer";
  }
  text += packed ? "; made smaller on the way" : "";
  text += bounded ? "; not all could be looked at" : "";
  return text;
}

Volumes::Volumes(const input::Tree& image, const Bounds& bounds)
    : state_(std::make_unique<State>(image, bounds)) {}
Volumes::~Volumes() = default;
Volumes::Volumes(Volumes&&) noexcept = default;
Volumes& Volumes::operator=(Volumes&&) noexcept = default;

Volume Volumes::of(const Sending& sending) {
  if (sending.tool == nullptr) {
    return {};
  }
  return Caller(state_->image, state_->reader, state_->scales, sending).weigh();
}

}  // namespace auexfil::artefacts
