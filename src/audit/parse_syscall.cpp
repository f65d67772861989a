#include <cstdint>

#include "auexfil/audit/fields.hpp"
#include "auexfil/audit/parse_block.hpp"
#include "cursor.hpp"

namespace auexfil::audit {
namespace {

/// 32-bit tasks of older arm64 kernels log a negative return without sign extension
/// (arch/arm64/include/asm/ptrace.h, regs_return_value).
std::int64_t extend_sign(std::uint32_t arch, std::int64_t exit) {
  constexpr std::uint32_t k64Bit = 0x80000000U;
  constexpr std::int64_t kTwo32 = std::int64_t{1} << 32;
  return (arch & k64Bit) == 0 && exit >= kTwo32 - 4095 && exit < kTwo32 ? exit - kTwo32 : exit;
}

bool parse_in_order(std::string_view body, Syscall& call) {
  Cursor c{body.data(), body.data() + body.size()};
  std::uint64_t value = 0;
  constexpr std::uint32_t kX86_64 = 0xc000003eU;  // AUDIT_ARCH_X86_64
  if (c.key("arch=c000003e syscall=")) {
    call.arch = kX86_64;
  } else {
    if (!c.key("arch=") || !c.hex(value) || value > 0xffffffffU || !c.key("syscall=")) {
      return false;
    }
    call.arch = static_cast<std::uint32_t>(value);
  }
  if (!c.decimal32(call.number)) {
    return false;
  }
  if (c.key("per=") && !c.hex(value)) {
    return false;
  }
  call.has_exit = false;
  call.success = false;
  call.exit = 0;
  const bool succeeded = c.key("success=yes exit=");
  if (succeeded || c.key("success=no exit=")) {
    call.success = succeeded;
    const bool negative = c.key("-");
    if (!c.decimal(value) || value > static_cast<std::uint64_t>(INT64_MAX)) {
      return false;
    }
    call.has_exit = true;
    call.exit = extend_sign(
        call.arch, negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value));
  }
  if (!c.key("a0=") || !c.hex(call.a[0]) || !c.key("a1=") || !c.hex(call.a[1]) || !c.key("a2=") ||
      !c.hex(call.a[2]) || !c.key("a3=") || !c.hex(call.a[3]) ||
      !(c.key("items=0 ") || (c.key("items=") && c.decimal(value))) || !c.key("ppid=") ||
      !c.decimal32(call.ppid) || !c.key("pid=") || !c.decimal32(call.pid)) {
    return false;
  }
  call.tail = static_cast<std::uint32_t>(c.p - body.data());
  // exit and exit_group have none; a producer that orders fields its own way may have it here.
  return call.has_exit || (body.find("exit=", call.tail) == std::string_view::npos &&
                           body.find("success=", call.tail) == std::string_view::npos);
}

}  // namespace

bool parse_syscall_slowly(std::string_view body, Syscall& call) {
  call = Syscall{};
  bool has_arch = false;
  bool has_number = false;
  bool has_pid = false;
  bool has_ppid = false;
  bool has_success = false;
  bool has_a[4] = {};
  FieldReader reader(body);
  Field field;
  while (reader.next(field)) {
    const std::string_view key = field.key;
    std::uint64_t hex = 0;
    if (key.size() == 2 && key[0] == 'a' && key[1] >= '0' && key[1] <= '3') {
      const auto i = static_cast<std::size_t>(key[1] - '0');
      if (!has_a[i] && parse_hex(field.value, hex)) {
        has_a[i] = true;
        call.a[i] = hex;
      }
    } else if (key == "arch" && !has_arch) {
      has_arch = parse_hex(field.value, hex) && hex <= 0xffffffffU;
      call.arch = has_arch ? static_cast<std::uint32_t>(hex) : 0;
    } else if (key == "syscall" && !has_number) {
      has_number = parse_number(field.value, call.number);
    } else if (key == "success" && !has_success) {
      has_success = true;
      call.success = field.value == "yes";
    } else if (key == "exit" && !call.has_exit) {
      call.has_exit = parse_number(field.value, call.exit);
    } else if (key == "ppid" && !has_ppid) {
      has_ppid = parse_number(field.value, call.ppid);
    } else if (key == "pid" && !has_pid) {
      has_pid = parse_number(field.value, call.pid);
    }
  }
  call.exit = extend_sign(call.arch, call.exit);
  return has_arch && has_number;
}

bool parse_syscall(std::string_view body, Syscall& call) {
  return parse_in_order(body, call) || parse_syscall_slowly(body, call);
}

}  // namespace auexfil::audit
