#include "plain_lines.hpp"

#include <algorithm>
#include <cstring>

#include "auexfil/input/log_header.hpp"
#include "auexfil/input/system_log.hpp"
#include "header_hosts.hpp"

namespace auexfil::input {

void PlainLines::pad(std::uint64_t at) {
  if (at > next_) {
    text_.append(static_cast<std::size_t>(at - next_), '\n');
    made_ += at - next_;
    next_ = at;
  }
}

void PlainLines::begin_line(std::uint64_t at) {
  pad(at);
  if (at < next_) {
    const std::lock_guard lock(mutex_);
    continued_.push_back(made_);
  } else {
    ++next_;
  }
  ++made_;
}

namespace {

/// What may stand as a node of a form's host.
std::string_view node_of(std::string_view host) {
  constexpr std::size_t kLongest = 255;
  const auto is_of_name = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '/';
  };
  const bool is_name = host.size() <= kLongest && std::all_of(host.begin(), host.end(), is_of_name);
  return is_name ? host : std::string_view();
}

}  // namespace

bool PlainLines::wants_node(std::string_view node) {
  if (node.empty()) {
    return false;
  }
  if (first_host_.empty()) {
    first_host_ = node;
  }
  const bool is_another = !may_be_one_host(node, first_host_);
  has_several_ = has_several_ || is_another;
  return names_all_ || is_another;
}

void PlainLines::put(std::uint64_t at, std::string_view record, std::string_view host) {
  begin_line(at);
  const std::size_t begin = record.starts_with("type=") ? 0 : find_carried_record(record);
  if (begin != std::string_view::npos && record.substr(begin).starts_with("type=")) {
    const std::string_view named = host_of_header(record.substr(0, begin));
    const std::string_view node = node_of(named.empty() ? host : named);
    if (wants_node(node)) {
      text_.append("node=").append(node).push_back(' ');
      record.remove_prefix(begin);
    }
  }
  add(record);
  text_.push_back('\n');
}

void PlainLines::put_cut(std::uint64_t at, std::string_view record) {
  begin_line(at);
  add(record);
}

void PlainLines::add(std::string_view record) {
  while (record.ends_with('\n') || record.ends_with('\r')) {
    record.remove_suffix(1);
  }
  const auto begin = static_cast<std::ptrdiff_t>(text_.size());
  text_.append(record);
  std::replace(text_.begin() + begin, text_.end(), '\n', ' ');
}

void PlainLines::pass(std::string_view text) {
  text_.append(text);
  const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  made_ += lines;
  next_ += lines;
}

std::size_t PlainLines::read(char* to, std::size_t size) {
  const std::size_t part = std::min(size, text_.size() - at_);
  std::memcpy(to, text_.data() + at_, part);
  at_ += part;
  if (at_ == text_.size()) {
    text_.clear();
    at_ = 0;
  }
  return part;
}

void PlainLines::take_continued(std::uint64_t first, std::uint64_t count,
                                std::vector<std::uint32_t>& out) {
  const std::lock_guard lock(mutex_);
  auto it = continued_.begin();
  for (; it != continued_.end() && *it < first + count; ++it) {
    if (*it >= first) {
      out.push_back(static_cast<std::uint32_t>(*it - first));
    }
  }
  continued_.erase(continued_.begin(), it);
}

}  // namespace auexfil::input
