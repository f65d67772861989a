#pragma once

#include <cstddef>
#include <string_view>

namespace auexfil::input {

/// What a logger puts before a record that it carries: nothing, `<PRI>`, a time, a host, a tag
/// (RFC 3164, RFC 5424, rsyslog's and the journal's forms of them), and behind the tag nothing but
/// what the kernel's ring adds ("[ 12.345] audit: "). What a program says is no header: the user
/// name of "sshd[7]: Invalid user x type=SYSCALL msg=audit(…" is anybody's.
[[nodiscard]] bool is_log_header(std::string_view before);

/// Does a program's own text stand before the record: words behind a tag, or behind the fields of
/// RFC 5424? Milder than is_log_header(), which wants to know each word.
[[nodiscard]] bool is_spoken_text(std::string_view before);

/// Where the record ("node=h type=…", "type=…", of old kernels the stamp) begins in a line that has
/// nothing before it but such a header; npos: it has none.
[[nodiscard]] std::size_t find_carried_record(std::string_view line);

/// Does a record begin the line, behind such a header?
[[nodiscard]] bool is_carried_record(std::string_view line);

/// Takes "<38>" off the front. \return false: it is not there.
bool take_priority(std::string_view& text);
/// Takes the data of RFC 5424 off the front: "-", or "[…]" once or more. \return false: it does not
/// end.
bool take_structured_data(std::string_view& text);

}  // namespace auexfil::input
