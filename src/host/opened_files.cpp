#include "auexfil/host/opened_files.hpp"

#include "auexfil/input/state_io.hpp"

namespace auexfil::host {

std::uint32_t OpenedFiles::add(OpenedFile file) {
  last_ = last_ + 1 < kPipe ? last_ + 1 : 1;
  file.number = last_;
  const std::size_t at = last_ % kMost;
  if (at >= files_.size()) {
    files_.resize(at + 1);
  }
  files_[at] = file;
  return last_;
}

const OpenedFile* OpenedFiles::find(std::uint32_t number) {
  if (number == 0 || is_pipe(number)) {
    return nullptr;
  }
  const std::size_t at = number % kMost;
  if (at >= files_.size() || files_[at].number != number) {
    ++lost_;
    return nullptr;
  }
  return &files_[at];
}

void OpenedFiles::mark(std::vector<bool>& live) const {
  for (const OpenedFile& file : files_) {
    live[file.path] = true;
  }
}

template <typename Io>
void OpenedFiles::walk(Io& io, const StateSizes& sizes) {
  io.numbers(last_, pipes_, lost_);
  io.list(files_, kMost, [&](OpenedFile& file) { file.walk(io, sizes); });
  io.refuse_unless(!is_pipe(last_));
}

template void OpenedFiles::walk(input::StateWriter&, const StateSizes&);
template void OpenedFiles::walk(input::StateReader&, const StateSizes&);

}  // namespace auexfil::host
