#pragma once

#include <functional>
#include <string_view>

#include <simdjson.h>

namespace auexfil::input {

/// Objects that are an event of their own, each made into lines of the log again.
using PutRecord = std::function<void(std::string_view record)>;

/// LAUREL: {"ID":"SEC.MMM:SERIAL","SYSCALL":{…},"EXECVE":{…},…} (laurel-about(7)).
/// \return false: it is none. So with the others.
[[nodiscard]] bool put_laurel(const simdjson::dom::object& event, const PutRecord& put);

/// go-audit: {"sequence":N,"timestamp":"SEC.MMM","messages":[{"type":N,"data":"…"},…]} (parser.go).
[[nodiscard]] bool put_go_audit(const simdjson::dom::object& event, const PutRecord& put);

/// An entry of the journal, as `journalctl -o json` writes it and shippers of the journal do.
[[nodiscard]] bool put_journal(const simdjson::dom::object& event, const PutRecord& put);

}  // namespace auexfil::input
