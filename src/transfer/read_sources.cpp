#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "auexfil/transfer/tools.hpp"
#include "words.hpp"

namespace auexfil::transfer {
namespace {

constexpr std::size_t kMostSources = 4096;
constexpr std::size_t kMostOrders = 65536;  // words of a text

using Kind = ArgSource::Kind;

/// The words of one command of a client's own.
using Order = std::vector<std::string>;

/// Splits a text into commands: by lines, and where `;` and `&&` stand between words.
class OrderSplitter {
 public:
  explicit OrderSplitter(std::string_view text) : text_(text) {}

  /// \return false: there is none left.
  bool next(Order& order) {
    order.clear();
    while (at_ < text_.size() && words_ < kMostOrders) {
      const char c = text_[at_];
      if (c == '\n' || c == ';' || c == '&' || c == '|' || (c == '#' && order.empty())) {
        skip(c);
        if (!order.empty()) {
          return true;
        }
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else {
        order.push_back(word());
        ++words_;
      }
    }
    return !order.empty();
  }

 private:
  void skip(char c) { at_ = c == '#' ? std::min(text_.find('\n', at_), text_.size()) : at_ + 1; }

  std::string word() {
    std::string word;
    char quote = '\0';
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && quote != '\'' && at_ + 1 < text_.size()) {
        word.push_back(text_[++at_]);
      } else if (quote != '\0' ? c == quote : c == '\'' || c == '"') {
        quote = quote == '\0' ? c : '\0';
      } else if (quote == '\0' && std::string_view(" \t\r\n;").find(c) != std::string_view::npos) {
        break;
      } else {
        word.push_back(c);
      }
    }
    return word;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t words_ = 0;
};

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

/// What commands of a client's own name.
class OrderReader {
 public:
  OrderReader(const Tool& tool, std::vector<ArgSource>& sources) : tool_(tool), sources_(sources) {}

  void read(std::string_view text) {
    OrderSplitter splitter(text);
    for (Order order; splitter.next(order);) {
      take(order);
    }
  }

 private:
  void take(Order& order) {
    std::string verb = order.front();
    verb.erase(0, verb.find_first_not_of("-@"));  // of sftp: go on after a mistake, be silent
    std::transform(verb.begin(), verb.end(), verb.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::vector<std::string> words(order.begin() + 1, order.end());
    if (verb == "queue" && !words.empty()) {
      order = words;
      take(order);
    } else if (verb == "lcd") {
      folder_ = words.empty() ? std::string() : below(words.front());
    } else if (verb == "put" || verb == "send" || verb == "append" || verb == "reput") {
      put(words, tool_.sends.many_puts);
    } else if (verb == "mput") {
      put(words, true);
    } else if (verb == "mirror") {
      mirror(words);
    }
  }

  [[nodiscard]] std::string below(const std::string& path) const {
    return path.starts_with('/') || folder_.empty() ? path : folder_ + "/" + path;
  }

  void add(const std::string& path, bool whole, bool narrowed) {
    if (sources_.size() < kMostSources && !path.empty()) {
      const bool is_glob = path.find_first_of("*?[") != std::string::npos;
      sources_.push_back({is_glob ? Kind::glob : Kind::path, below(path), whole, narrowed, {}});
    }
  }

  /// `put [-afpR] LOCAL [REMOTE]`, and lftp's `put [-c] [-O DIR] LOCAL [-o REMOTE]…`.
  void put(const std::vector<std::string>& words, bool many) {
    const bool whole = std::any_of(words.begin(), words.end(), [](const std::string& word) {
      return word == "-r" || word == "-R" || word == "-pr" || word == "-pR";
    });
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (many && (words[i] == "-o" || words[i] == "-O")) {
        ++i;
      } else if (!is_option(words[i])) {
        add(words[i], whole, false);
        if (!many) {
          return;
        }
      }
    }
  }

  /// `mirror -R [OPTIONS] [LOCAL [REMOTE]]`
  void mirror(const std::vector<std::string>& words) {
    bool reverse = false;
    bool narrowed = false;
    std::string local;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (!is_option(word)) {
        local = local.empty() ? word : local;
        continue;
      }
      const bool is_long = word.starts_with("--");
      reverse = reverse || word == "--reverse" || (!is_long && word.find('R') != std::string::npos);
      narrowed = narrowed || word.starts_with("--exclude") || word.starts_with("--include") ||
                 word.starts_with("--newer") || word.starts_with("--only") ||
                 (!is_long && word.find_first_of("xXiINn") != std::string::npos);
      const bool takes_next =
          !is_long && std::string_view("xXiINPOfF").find(word.back()) != std::string_view::npos;
      i += takes_next ? 1U : 0U;
    }
    if (reverse) {
      add(local.empty() ? "." : local, true, narrowed);
    }
  }

  const Tool& tool_;
  std::vector<ArgSource>& sources_;
  std::string folder_;  ///< of this host, that names stand below; empty: its working directory
};

class SourceReader {
 public:
  SourceReader(const Tool& tool, const std::vector<std::string>& argv)
      : tool_(tool), sends_(tool.sends), argv_(argv), words_(split_argv(tool, argv)) {
    whole_ = sends_.all_folders || has(sends_.folders);
    narrowed_ = has(sends_.narrows);
  }

  std::vector<ArgSource> read() {
    read_options();
    read_operands();
    if (sends_.input != Tool::Input::unused && sources_.empty()) {
      add(Kind::input, {});
    }
    return std::move(sources_);
  }

 private:
  [[nodiscard]] bool has(const std::vector<std::string>& names) const {
    return std::any_of(words_.options.begin(), words_.options.end(),
                       [&](const Option& option) { return value_of(option, names).has_value(); });
  }

  void add(Kind kind, std::string_view path, std::string peer = {}) {
    if (sources_.size() < kMostSources) {
      sources_.push_back({kind, std::string(path), whole_, narrowed_, std::move(peer)});
    }
  }

  /// A file, or "-" for standard input.
  void add_file(std::string_view path, std::string peer) {
    const bool is_input = path == "-" || path == ".";
    if (!path.empty()) {
      add(is_input ? Kind::input : Kind::path, is_input ? std::string_view() : path,
          std::move(peer));
    }
  }

  /// "{a,b}" of a client of URLs is both (curl(1), --upload-file).
  void add_files(std::string_view path, const std::string& peer) {
    const std::size_t open = tool_.grammar == Grammar::url ? path.find('{') : path.npos;
    const std::size_t close = open == path.npos ? open : path.find('}', open);
    if (close == path.npos || path.substr(open, close - open).find(',') == path.npos) {
      add_file(path, peer);
      return;
    }
    for (std::size_t at = open + 1; at <= close; ++at) {
      const std::size_t end = std::min(path.find_first_of(",}", at), close);
      std::string one(path.substr(0, open));
      add_file(one.append(path.substr(at, end - at)).append(path.substr(close + 1)), peer);
      at = end;
    }
  }

  /// Hosts of the URLs, in their order: `curl -T a ftp://one/ -T b ftp://two/`.
  [[nodiscard]] std::vector<std::string> url_hosts() const {
    std::vector<std::string> hosts;
    const auto add_host = [&](std::string_view url) {
      const ArgReading one = read_argv(tool_, {tool_.name, std::string(url)});
      hosts.push_back(one.peers.size() == 1 ? one.peers.front().host : std::string());
    };
    for (const std::string_view operand : words_.operands) {
      add_host(operand);
    }
    return hosts;
  }

  void read_options() {
    const bool by_url = tool_.grammar == Grammar::url;
    const std::vector<std::string> hosts = by_url ? url_hosts() : std::vector<std::string>();
    std::size_t files = 0;
    for (const Option& option : words_.options) {
      if (const auto file = value_of(option, sends_.files)) {
        add_files(*file, hosts.size() > 1 && files < hosts.size() ? hosts[files] : std::string());
        ++files;
      } else if (const auto post = value_of(option, sends_.posts)) {
        read_post(*post);
      } else if (const auto batch = value_of(option, sends_.batch)) {
        add(*batch == "-" ? Kind::input : Kind::batch, *batch == "-" ? "" : *batch);
      } else if (const auto orders = value_of(option, sends_.orders)) {
        read_orders(option.name, *orders);
      }
    }
  }

  /// "name=@file;type=…", "@file", "name=<file"
  void read_post(std::string_view value) {
    const std::size_t equals = value.find('=');
    const std::size_t at = value.find_first_of("@<");
    if (at == std::string_view::npos || (at != 0 && at != equals + 1)) {
      return;
    }
    const std::string_view file = value.substr(at + 1);
    add_file(file.substr(0, at == 0 ? file.size() : file.find(';')), {});
  }

  /// An option that takes no value takes all that stands behind it: `tftp host -c put FILE`.
  void read_orders(std::string_view name, std::string_view value) {
    OrderReader reader(tool_, sources_);
    if (!value.empty()) {
      reader.read(value);
      return;
    }
    const auto at = std::find(argv_.begin(), argv_.end(), name);
    if (at == argv_.end()) {
      return;
    }
    std::string text;
    std::for_each(std::next(at), argv_.end(), [&text](const std::string& word) {
      text.append(text.empty() ? "'" : " '").append(word).append("'");
    });
    reader.read(text);
  }

  void read_operands() {
    const auto& operands = words_.operands;
    if (tool_.grammar == Grammar::copy) {
      read_copy();
    } else if (tool_.grammar == Grammar::tagged) {
      read_tagged();
    } else if (sends_.last_operand && operands.size() > 1) {
      add_file(operands.back(), {});
    } else if (sends_.from_operand > 0) {
      for (std::size_t i = sends_.from_operand - 1; i < operands.size(); ++i) {
        add_file(operands[i], {});
      }
    }
  }

  /// All before the target, if that is another host's.
  void read_copy() {
    const auto& operands = words_.operands;
    if (sends_.from_operand == 0 || operands.size() <= sends_.from_operand ||
        !is_other_hosts(operands.back())) {
      return;
    }
    for (std::size_t i = sends_.from_operand - 1; i + 1 < operands.size(); ++i) {
      if (!is_other_hosts(operands[i])) {
        add(Kind::path, operands[i]);
      }
    }
  }

  /// ":sftp,host=…:path" is a remote of rclone's.
  static bool is_other_hosts(std::string_view operand) {
    return operand.starts_with(':') || is_remote(operand);
  }

  /// socat's FILE:name,options
  void read_tagged() {
    for (const std::string_view operand : words_.operands) {
      const std::size_t tag = operand.find(':');
      const std::string_view kind = operand.substr(0, tag);
      if (kind == "-" || kind == "STDIN" || kind == "STDIO") {
        add(Kind::input, {});
      } else if (tag != std::string_view::npos &&
                 (kind == "FILE" || kind == "OPEN" || kind == "GOPEN")) {
        const std::string_view name = operand.substr(tag + 1);
        add_file(name.substr(0, name.find(',')), {});
      }
    }
  }

  const Tool& tool_;
  const Tool::Sends& sends_;
  const std::vector<std::string>& argv_;
  const Words words_;
  bool whole_ = false;
  bool narrowed_ = false;
  std::vector<ArgSource> sources_;
};

}  // namespace

std::vector<ArgSource> sources_of(const Tool& tool, const std::vector<std::string>& argv) {
  return argv.empty() ? std::vector<ArgSource>() : SourceReader(tool, argv).read();
}

std::vector<ArgSource> sources_in_orders(const Tool& tool, std::string_view text) {
  std::vector<ArgSource> sources;
  OrderReader(tool, sources).read(text);
  return sources;
}

}  // namespace auexfil::transfer
