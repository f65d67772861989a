#include "auexfil/transfer/file_trail.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "auexfil/host/paths.hpp"

namespace auexfil::transfer {
namespace {

constexpr int kMostLinks = 8;             // of a pipeline
constexpr std::size_t kMostFeeders = 16;  // of one program
constexpr std::size_t kMostNamed = 16;    // of one invocation
constexpr std::size_t kMostPipes = std::size_t{1} << 14;
constexpr std::size_t kLongestName = 64;

}  // namespace

std::string FileTrail::who(host::ProgramIndex index) const {
  const host::ExecutedProgram& image = tracker_->image(index);
  const std::string_view name = host::base_name(tracker_->text(image.exe));
  return fmt::format("{} (pid {})", name.substr(0, kLongestName), image.pid);
}

void FileTrail::stop_growing(std::size_t at_least) {
  options_.max_files = std::min(options_.max_files, std::max(at_least, files_));
  options_.max_sets = std::min(options_.max_sets, std::max(at_least, sets_.size()));
  history_.stop_growing();
}

/// A program that feeds another one is told with that, however long it is gone itself.
bool FileTrail::is_kept(const FileSet& set, Number number, int depth) const {
  if (is_there(set.image, number)) {
    return true;
  }
  const auto keeper = set.keeper == 0 || depth == 0 ? sets_.end() : sets_.find(set.keeper);
  return keeper != sets_.end() && is_kept(keeper->second, keeper->first, depth - 1);
}

void FileTrail::prune() {
  std::vector<Number> gone;
  for (const auto& [number, set] : sets_) {
    if (!is_kept(set, number, kMostLinks)) {
      gone.push_back(number);
    }
  }
  for (const Number number : gone) {
    files_ -= sets_[number].files.size();
    sets_.erase(number);
  }
  std::erase_if(helpers_,
                [&](const auto& helper) { return !is_there(helper.second.image, helper.first); });
  std::erase_if(pipes_, [&](const auto& pipe) {
    return !is_there(pipe.second.writer, pipe.second.writer_number) &&
           !is_there(pipe.second.reader, pipe.second.reader_number);
  });
}

/// Of the invocation that a program works for.
FileTrail::FileSet* FileTrail::get_set(host::ProgramIndex image) {
  Number number = number_of(image);
  if (const auto helper = helpers_.find(number);
      helper != helpers_.end() && is_there(helper->second.top_image, helper->second.top)) {
    number = helper->second.top;
    image = helper->second.top_image;
  }
  const auto known = sets_.find(number);
  if (known != sets_.end()) {
    return &known->second;
  }
  if (sets_.size() + helpers_.size() + pipes_.size() >= next_prune_) {
    constexpr std::size_t kFew = 256;
    prune();
    next_prune_ = std::max(kFew, 2 * (sets_.size() + helpers_.size() + pipes_.size()));
  }
  if (sets_.size() >= options_.max_sets) {
    ++refused_;
    return nullptr;
  }
  FileSet& set = sets_[number];
  set.image = image;
  return &set;
}

bool FileTrail::is_named(host::ProgramIndex image, std::string_view path) {
  const auto& named = finder_.named_paths(image, finder_.tool_by_argv(image)).paths;
  return std::any_of(named.begin(), named.end(), [&](const std::string& word) {
    return word == path || host::is_below(path, word);
  });
}

void FileTrail::on_exec(host::ProgramIndex image) {
  const Tool* const tool = finder_.tool_by_argv(image);
  const host::ProgramKind& kind = finder_.programs().of(*tracker_, image).kind;
  const Staging* const staging = finder_.staging_of(image);
  const bool removes = finder_.removes(image);
  if (tool == nullptr && !kind.shell && !kind.interpreter && staging == nullptr && !removes) {
    return;
  }
  tracker_->follow_opens(image);
  if (staging != nullptr) {
    note_outputs(image, *staging);
  }
  if (removes) {
    note_removals(image);
  }
  if (tool == nullptr) {
    return;
  }
  const Tool* of_top = nullptr;
  if (const host::ProgramIndex top = finder_.top_of(image, of_top); top != image) {
    if (helpers_.size() < options_.max_sets) {
      helpers_[number_of(image)] = {image, number_of(top), top};
    } else {
      ++refused_;
    }
  }
  NamedPaths& named = finder_.named_paths(image, tool);
  if (!std::exchange(named.are_asked_for, true)) {  // else a job's next run
    for (const std::string& path : named.paths) {
      history_.ask_for(path);
    }
  }
}

void FileTrail::note_output(host::ProgramIndex image, const Staging& staging, std::string_view path,
                            bool is_prefix, audit::Stamp event) {
  history_.add_staged(path, is_prefix, {false, number_of(image), event, who(image), staging.verb});
}

/// What its command line says that it writes, and reads.
void FileTrail::note_outputs(host::ProgramIndex image, const Staging& staging) {
  const host::ExecutedProgram& program = tracker_->image(image);
  const std::string_view cwd = tracker_->text(program.cwd);
  const std::vector<Written> all = written_by(staging, finder_.words_of(image));
  std::string path;
  for (const Written& written : all) {
    if (host::join_path(cwd, written.name, path)) {
      note_output(image, staging, path, written.is_prefix, program.began.event);
    }
  }
  for (const std::string& source : finder_.named_paths(image, nullptr).paths) {
    for (const Written& written : all) {
      if (host::join_path(cwd, written.name, path)) {
        history_.add_source(path, written.is_prefix, number_of(image), source);
      }
    }
  }
}

void FileTrail::note_removals(host::ProgramIndex image) {
  PathHistory::Deed deed{true, 0, tracker_->image(image).began.event, who(image), {}};
  deed.by_argv = true;
  for (const std::string& path : finder_.named_paths(image, nullptr).paths) {
    history_.add_removal(path, true, deed);
  }
}

void FileTrail::on_remove(std::string_view path, std::string_view program, std::uint32_t pid,
                          host::Place place) {
  history_.add_removal(
      path, false,
      {true, 0, place.event, fmt::format("{} (pid {})", program.substr(0, kLongestName), pid), {}});
}

void FileTrail::add_file(FileSet& set, const host::OpenedFile& file) {
  if (std::any_of(set.files.begin(), set.files.end(),
                  [&](const Use& use) { return use.path == file.path; })) {
    return;
  }
  ++set.count;
  if (set.files.size() >= kMostFiles) {
    return;
  }
  if (files_ >= options_.max_files) {
    ++refused_;
    return;
  }
  set.files.push_back({file.path, 0, 0, file.opened});
  ++files_;
}

void FileTrail::on_open(host::ProgramIndex image, std::uint32_t number) {
  const host::OpenedFile* const file = tracker_->opened(number);
  if (file == nullptr || file->kind == host::OpenedFile::Kind::folder ||
      file->kind == host::OpenedFile::Kind::other) {
    return;
  }
  const std::string_view path = tracker_->text(file->path);
  const Staging* const staging = finder_.staging_of(image);
  const std::string_view program = host::base_name(tracker_->text(tracker_->image(image).exe));
  const bool is_own = !path.empty() && rules_.is_own(path, program) && !is_named(image, path);
  if (file->writes && staging != nullptr && !path.empty() && !is_own) {
    note_output(image, *staging, path, false, file->opened.event);
    for (const std::string& source : finder_.named_paths(image, nullptr).paths) {
      history_.add_source(path, false, number_of(image), source);
    }
  }
  if (!file->reads) {
    return;
  }
  FileSet* const set = get_set(image);
  if (set == nullptr) {
    return;
  }
  if (path.empty() || is_own) {
    // What it was started with was counted where that was opened.
    const bool is_inherited = file->opened.event < tracker_->image(image).began.event;
    (path.empty() ? set->unnamed : set->left_out) += is_inherited ? 0 : 1;
    return;
  }
  add_file(*set, *file);
  if (finder_.tool_by_argv(image) != nullptr) {
    history_.ask_for(path);
  }
}

void FileTrail::on_file_read(host::ProgramIndex image, std::uint32_t number, std::uint64_t bytes) {
  const host::OpenedFile* const file = tracker_->opened(number);
  FileSet* const set = file == nullptr ? nullptr : get_set(image);
  if (set == nullptr) {
    return;
  }
  const auto use = std::find_if(set->files.begin(), set->files.end(),
                                [&](const Use& one) { return one.path == file->path; });
  if (use != set->files.end()) {
    use->bytes += bytes;
    ++use->reads;
  }
}

void FileTrail::on_pipe(host::ProgramIndex image, std::uint32_t pipe, bool is_output) {
  tracker_->follow_opens(image);
  if (pipes_.size() >= kMostPipes) {
    prune();
  }
  if (pipes_.size() >= kMostPipes && !pipes_.contains(pipe)) {
    ++refused_;
    return;
  }
  Ends& ends = pipes_[pipe];
  (is_output ? ends.writer : ends.reader) = image;
  (is_output ? ends.writer_number : ends.reader_number) = number_of(image);
  if (is_there(ends.writer, ends.writer_number) && is_there(ends.reader, ends.reader_number)) {
    link(ends.writer, ends.reader);
  }
}

void FileTrail::link(host::ProgramIndex writer, host::ProgramIndex reader) {
  FileSet* const fed = get_set(reader);
  FileSet* const feeding = fed == nullptr ? nullptr : get_set(writer);
  if (feeding == nullptr || feeding == fed) {
    return;
  }
  const Staging* const staging = finder_.staging_of(writer);
  feeding->keeper = number_of(fed->image);
  if (fed->feeders.size() >= kMostFeeders) {
    ++refused_;
    return;
  }
  Feeder& feeder = fed->feeders.emplace_back();
  feeder.number = number_of(feeding->image);
  feeder.began = tracker_->image(writer).began.event;
  if (staging != nullptr) {
    feeder.staged = who(writer);
    feeder.verb = staging->verb;
  }
}

/// `cat FILE > /dev/tcp/HOST/PORT`: it writes to the shell's connection.
void FileTrail::on_connected_output(host::ProgramIndex image, host::ProgramIndex owner) {
  tracker_->follow_opens(image);
  if (image != owner && helpers_.size() < options_.max_sets) {
    helpers_.try_emplace(number_of(image), Helper{image, number_of(owner), owner});
  }
}

void FileTrail::on_sweep(std::vector<bool>& live) const {
  for (const auto& [number, set] : sets_) {
    for (const Use& use : set.files) {
      live[use.path] = true;
    }
  }
}

void FileTrail::tell_set(Number number, InvocationStore& store, Invocation& made,
                         std::vector<Number>& told) {
  const auto at = sets_.find(number);
  if (at == sets_.end() || told.size() >= kMostFeeders ||
      std::find(told.begin(), told.end(), number) != told.end()) {
    return;
  }
  told.push_back(number);
  const FileSet& set = at->second;
  for (const Use& use : set.files) {
    if (made.files.size() < kMostFiles) {
      made.files.push_back(
          {store.intern(tracker_->text(use.path)), use.bytes, use.reads, use.opened});
    }
  }
  made.files_count += set.count;
  made.files_own += set.left_out;
  made.files_unnamed += set.unnamed;
  for (const Feeder& feeder : set.feeders) {
    if (!feeder.staged.empty()) {
      made.feeders.push_back(
          {store.intern(feeder.staged), store.intern(feeder.verb), feeder.began});
    }
    tell_set(feeder.number, store, made, told);
  }
}

void FileTrail::tell(host::ProgramIndex top, const Tool* tool, InvocationStore& store,
                     Invocation& made) {
  made.files.clear();
  made.named.clear();
  made.feeders.clear();
  made.files_count = made.files_own = made.files_unnamed = 0;
  std::vector<Number> told;
  tell_set(number_of(top), store, made, told);
  if (tool == nullptr) {
    return;
  }
  for (const std::string& path : finder_.named_paths(top, tool).paths) {
    if (made.named.size() < kMostNamed && history_.asks_for(path)) {
      made.named.push_back(store.intern(path));
    }
  }
}

}  // namespace auexfil::transfer
