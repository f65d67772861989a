#include "auexfil/input/file_bytes.hpp"

#include <string>
#include <utility>

#include "source.hpp"

namespace auexfil::input {

struct FileBytes::State {
  explicit State(const LogFile& file) : name(file.name), source(file, Source::Taken::as_they_are) {
    note_problem();
  }

  void note_problem() {
    if (source.problem() && !problem) {
      problem = source.problem();
      problem->where = name;
    }
  }

  std::string name;
  Source source;
  std::optional<Problem> problem;
};

FileBytes::FileBytes(const LogFile& file) : state_(std::make_unique<State>(file)) {}

FileBytes::~FileBytes() = default;

std::string_view FileBytes::head() const noexcept {
  return state_->source.head();
}

bool FileBytes::is_archive() const noexcept {
  return state_->source.content() == Content::archive;
}

std::size_t FileBytes::read(char* to, std::size_t size) {
  const std::size_t got = state_->source.read(to, size);
  state_->note_problem();
  return got;
}

const std::optional<Problem>& FileBytes::problem() const noexcept {
  return state_->problem;
}

std::uint64_t FileBytes::consumed() const noexcept {
  return state_->source.consumed();
}

}  // namespace auexfil::input
