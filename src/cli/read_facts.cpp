#include "read_facts.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "auexfil/policy/read_facts.hpp"

namespace auexfil::cli {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
constexpr std::size_t kMaxLineBytes = facts::FactReader::kMaxLineBytes;

/// Reads files one after the other as chunks of whole lines.
class Files {
 public:
  explicit Files(std::vector<std::string> paths) : paths_(std::move(paths)) {}

  bool next(policy::FactChunk& chunk) {
    chunk.size = 0;
    chunk.error = 0;
    chunk.ends_file = false;
    chunk.starts_file = file_ == nullptr;
    if (file_ == nullptr && !open_next(chunk)) {
      return next_ <= paths_.size();
    }
    chunk.file = name_;
    fill(chunk);
    if (chunk.ends_file) {
      chunk.error = std::ferror(file_.get()) != 0 ? errno : 0;
      file_.reset();
    }
    return true;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) {
        std::fclose(file);
      }
    }
  };

  /// \return false at the end, where `next_` lies past all paths, or when the file cannot be
  /// opened.
  bool open_next(policy::FactChunk& chunk) {
    if (next_ >= paths_.size()) {
      next_ = paths_.size() + 1;
      return false;
    }
    const std::string& path = paths_[next_++];
    name_ = path == "-" ? "standard input" : path;
    file_.reset(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
    if (file_ == nullptr) {
      chunk.file = name_;
      chunk.ends_file = true;
      chunk.error = errno;
    }
    return file_ != nullptr;
  }

  void fill(policy::FactChunk& chunk) {
    std::vector<char>& buffer = chunk.buffer;
    buffer.resize(std::max({buffer.size(), kChunkBytes, carry_.size() + 1}));
    std::size_t have = carry_.size();
    std::copy(carry_.begin(), carry_.end(), buffer.begin());
    carry_.clear();
    std::size_t searched = 0;
    for (;;) {
      const std::size_t want = buffer.size() - have;
      const std::size_t got = std::fread(buffer.data() + have, 1, want, file_.get());
      have += got;
      if (got < want) {
        chunk.ends_file = true;
        chunk.size = have;
        return;
      }
      const std::string_view fresh(buffer.data() + searched, have - searched);
      if (const auto newline = fresh.rfind('\n'); newline != std::string_view::npos) {
        chunk.size = searched + newline + 1;
        carry_.assign(buffer.data() + chunk.size, have - chunk.size);
        return;
      }
      if (have > kMaxLineBytes) {
        skip_line(chunk);
        return;
      }
      searched = have;
      buffer.resize(std::min(2 * buffer.size(), kMaxLineBytes + kChunkBytes));
    }
  }

  /// Leaves so much of a line that is too long that it is still known as such.
  void skip_line(policy::FactChunk& chunk) {
    chunk.size = kMaxLineBytes + 1;
    chunk.buffer[chunk.size++] = '\n';
    std::vector<char> rest(kChunkBytes);
    while (!chunk.ends_file) {
      const std::size_t got = std::fread(rest.data(), 1, rest.size(), file_.get());
      chunk.ends_file = got < rest.size();
      const std::string_view text(rest.data(), got);
      if (const auto newline = text.find('\n'); newline != std::string_view::npos) {
        carry_ = text.substr(newline + 1);
        chunk.ends_file = false;  // the next read tells it again
        return;
      }
    }
  }

  std::vector<std::string> paths_;
  std::size_t next_ = 0;
  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string carry_;  ///< The beginning of a line.
};

/// What the files hold, added up on one thread.
class FactSums {
 public:
  FactSums(const Options& options, const std::function<void(const policy::FactPack&)>& take,
           facts::Stage* instead, coverage::ReadSummary& summary,
           std::vector<coverage::HostCoverage>& hosts, Messages& messages)
      : options_(options),
        take_(take),
        instead_(instead),
        summary_(summary),
        hosts_(hosts),
        messages_(messages) {}

  void add(const policy::FactBatch& batch) {
    if (batch.chunk.starts_file) {
      counts_ = {};
      lines_ = 0;
      part_ = {};
    }
    take_(batch.facts);
    for (const facts::Fact& fact : batch.whole) {
      instead_->on_fact(fact, {});
    }
    std::uint64_t facts = 0;
    std::size_t coverages = 0;
    for (const policy::FactSummary& summary : batch.summaries) {
      part_.facts += summary.facts - facts;
      facts = summary.facts;
      for (; coverages < summary.coverages; ++coverages) {
        part_.hosts.push_back(batch.coverages[coverages]);
      }
      end_part(batch.chunk.file, summary, batch.counts.mistakes + counts_.mistakes > 0);
    }
    part_.facts += batch.counts.facts - facts;
    for (; coverages < batch.coverages.size(); ++coverages) {
      part_.hosts.push_back(batch.coverages[coverages]);
    }
    for (const facts::FactMistake& mistake : batch.mistakes) {
      if (mistakes_.size() < facts::FactReader::kMaxMistakes) {
        mistakes_.push_back(mistake);
        mistakes_.back().line += lines_;
      }
    }
    lines_ += batch.lines;
    counts_.facts += batch.counts.facts;
    counts_.coverages += batch.counts.coverages;
    counts_.summaries += batch.counts.summaries;
    counts_.mistakes += batch.counts.mistakes;
    if (batch.chunk.ends_file) {
      end_file(batch.chunk);
    }
  }

  void print_mistakes() const {
    for (const facts::FactMistake& mistake : mistakes_) {
      messages_.say("fact",
                    fmt::format("{}:{}: {}; left out", mistake.file, mistake.line, mistake.what));
    }
  }

 private:
  /// One run of `transfers`: its facts, its hosts, then its summary.
  struct Part {
    std::uint64_t facts{};
    std::vector<coverage::HostCoverage> hosts;
  };

  /// \param has_mistakes  lines were left out: then fewer facts than the summary counts are no
  /// news.
  void end_part(const std::string& file, const policy::FactSummary& summary, bool has_mistakes) {
    add(summary.read);
    const facts::SummaryClaim& claim = summary.claim;
    std::string what;
    if (claim.of_findings) {
      what =
          "is what `scan` or `judge` writes, findings, not facts; `judge` reads what `auexfil "
          "transfers` writes";
    } else if (!claim.transfers) {
      what = "is what `coverage` writes, no facts; `judge` reads what `auexfil transfers` writes";
    } else if (*claim.transfers != part_.facts && !has_mistakes) {
      what = fmt::format("its summary speaks of {} transfers, {} are there", *claim.transfers,
                         part_.facts);
    }
    if (!what.empty()) {
      summary_.complete = false;
      summary_.inputs.push_back({file, "not-facts", what});
      messages_.say("not-facts", fmt::format("{}:{}: {}", file, lines_ + summary.line, what));
    }
    add_hosts(claim.of_findings || !claim.transfers ? nullptr
              : *claim.transfers == part_.facts     ? ""
                                                    : "its facts are not all there");
  }

  /// \param reason  null: their coverage is no one's; else what speaks against it, if anything.
  void add_hosts(const char* reason) {
    for (coverage::HostCoverage& host : part_.hosts) {
      if (reason == nullptr || (options_.host && host.host != options_.host) ||
          (options_.node && host.node != options_.node) || is_known(host)) {
        continue;
      }
      if (*reason != '\0') {
        host.reasons.emplace_back(reason);
        host.verdict = std::max(host.verdict, coverage::CoverageVerdict::partial);
      }
      hosts_.push_back(std::move(host));
    }
    part_ = {};
  }

  /// The same facts a second time: Judge leaves them out as well.
  [[nodiscard]] bool is_known(const coverage::HostCoverage& host) const {
    return std::any_of(hosts_.begin(), hosts_.end(), [&](const coverage::HostCoverage& known) {
      return known.host == host.host && known.node == host.node && known.first == host.first &&
             known.last == host.last;
    });
  }

  void add(const coverage::ReadSummary& one) {
    summary_.inputs.insert(summary_.inputs.end(), one.inputs.begin(), one.inputs.end());
    summary_.events += one.events;
    summary_.records += one.records;
    summary_.bytes_read += one.bytes_read;
    summary_.complete = summary_.complete && one.complete;
    for (const auto& [kind, lines] : one.malformed) {
      summary_.malformed[kind] += lines;
    }
    for (const auto& [bound, times] : one.bounds) {
      summary_.bounds[bound] += times;
    }
  }

  void end_file(const policy::FactChunk& chunk) {
    const auto problem = [&](const char* status, const std::string& what) {
      summary_.complete = false;
      summary_.inputs.push_back({chunk.file, status, what});
      messages_.say(status, fmt::format("{}: {}", chunk.file, what));
    };
    if (chunk.error == ENOENT) {
      problem("missing", "no such file");
    } else if (chunk.error == EACCES) {
      problem("permission", std::strerror(chunk.error));
    } else if (chunk.error != 0) {
      problem("unreadable", chunk.error == EISDIR ? "is a folder; name the files of facts in it"
                                                  : std::strerror(chunk.error));
    } else if (counts_.facts + counts_.coverages + counts_.summaries == 0) {
      problem("not-facts", "holds no facts; `judge` reads what `auexfil transfers` writes");
    } else if (counts_.summaries == 0) {
      problem("damaged", "cut short, no summary at its end; what is there was judged");
    } else if (part_.facts > 0 || !part_.hosts.empty()) {
      problem("damaged", "cut short, no summary behind its last facts; what is there was judged");
    } else if (counts_.mistakes > 0) {
      summary_.complete = false;
    }
    add_hosts("its facts are not all there");
  }

  const Options& options_;
  const std::function<void(const policy::FactPack&)>& take_;
  facts::Stage* instead_;
  coverage::ReadSummary& summary_;
  std::vector<coverage::HostCoverage>& hosts_;
  Messages& messages_;
  facts::FactCounts counts_;  ///< Of the file at hand.
  std::uint64_t lines_ = 0;   ///< Of it, in the chunks before.
  Part part_;
  std::vector<facts::FactMistake> mistakes_;
};

}  // namespace

void read_facts(const Options& options, const std::function<void(const policy::FactPack&)>& take,
                bool with_files, facts::Stage* instead, coverage::ReadSummary& summary,
                std::vector<coverage::HostCoverage>& hosts, Messages& messages) {
  Files files(options.inputs.empty() ? std::vector<std::string>{"-"} : options.inputs);
  FactSums sums(options, take, instead, summary, hosts, messages);
  policy::FactSource source;
  source.whole = instead != nullptr;
  source.with_files = with_files;
  source.next = [&files](policy::FactChunk& chunk) { return files.next(chunk); };
  source.wanted = [&options](const facts::Fact& fact) {
    return !((options.host && fact.host != options.host) ||
             (options.node && fact.node != options.node));
  };
  policy::read_facts(source, thread_count(options),
                     [&sums](const policy::FactBatch& batch) { sums.add(batch); });
  sums.print_mistakes();
}

}  // namespace auexfil::cli
