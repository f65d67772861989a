#include "auexfil/audit/syscalls.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <catch2/catch.hpp>

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test

namespace {

/// docs/audit-format.md 3.3, its columns. ppc stands for 32 and 64 bits in both byte orders.
constexpr std::size_t kColumns = 8;
struct Row {
  const char* name;
  Call call;                          ///< `other` for calls that the tracker has no use for
  std::array<int, kColumns> numbers;  ///< x86_64 i386 aarch64 arm ppc s390x s390 riscv64; -1: none
};
const std::array<std::vector<std::uint32_t>, kColumns> kArchs = {
    {{0xc000003e},
     {0x40000003},
     {0xc00000b7},
     {0x40000028, 0x28},
     {0x14, 0x80000015, 0xc0000015},
     {0x80000016},
     {0x16},
     {0xc00000f3, 0xc0000102}}};  // loongarch64 has the generic table

const std::vector<Row> kRows = {
    {"socket", Call::socket, {41, 359, 198, 281, 326, 359, 359, 198}},
    {"socketpair", Call::socketpair, {53, 360, 199, 288, 333, 360, 360, 199}},
    {"bind", Call::bind, {49, 361, 200, 282, 327, 361, 361, 200}},
    {"connect", Call::connect, {42, 362, 203, 283, 328, 362, 362, 203}},
    {"listen", Call::listen, {50, 363, 201, 284, 329, 363, 363, 201}},
    {"accept", Call::accept, {43, -1, 202, 285, 330, -1, -1, 202}},
    {"accept4", Call::accept4, {288, 364, 242, 366, 344, 364, 364, 242}},
    {"getsockname", Call::getsockname, {51, 367, 204, 286, 331, 367, 367, 204}},
    {"getpeername", Call::getpeername, {52, 368, 205, 287, 332, 368, 368, 205}},
    {"setsockopt", Call::other, {54, 366, 208, 294, 339, 366, 366, 208}},
    {"shutdown", Call::shutdown, {48, 373, 210, 293, 338, 373, 373, 210}},
    {"socketcall", Call::socketcall, {-1, 102, -1, 102, 102, 102, 102, -1}},
    {"send", Call::send, {-1, -1, -1, 289, 334, -1, -1, -1}},
    {"sendto", Call::sendto, {44, 369, 206, 290, 335, 369, 369, 206}},
    {"sendmsg", Call::sendmsg, {46, 370, 211, 296, 341, 370, 370, 211}},
    {"sendmmsg", Call::sendmmsg, {307, 345, 269, 374, 349, 358, 358, 269}},
    {"recv", Call::recv, {-1, -1, -1, 291, 336, -1, -1, -1}},
    {"recvfrom", Call::recvfrom, {45, 371, 207, 292, 337, 371, 371, 207}},
    {"recvmsg", Call::recvmsg, {47, 372, 212, 297, 342, 372, 372, 212}},
    {"recvmmsg", Call::recvmmsg, {299, 337, 243, 365, 343, 357, 357, 243}},
    {"read", Call::read, {0, 3, 63, 3, 3, 3, 3, 63}},
    {"pread64", Call::pread, {17, 180, 67, 180, 179, 180, 180, 67}},
    {"readv", Call::readv, {19, 145, 65, 145, 145, 145, 145, 65}},
    {"preadv", Call::preadv, {295, 333, 69, 361, 320, 328, 328, 69}},
    {"preadv2", Call::preadv, {327, 378, 286, 392, 380, 376, 376, 286}},
    {"write", Call::write, {1, 4, 64, 4, 4, 4, 4, 64}},
    {"pwrite64", Call::pwrite, {18, 181, 68, 181, 180, 181, 181, 68}},
    {"writev", Call::writev, {20, 146, 66, 146, 146, 146, 146, 66}},
    {"pwritev", Call::pwritev, {296, 334, 70, 362, 321, 329, 329, 70}},
    {"pwritev2", Call::pwritev, {328, 379, 287, 393, 381, 377, 377, 287}},
    {"sendfile", Call::sendfile, {40, 187, 71, 187, 186, 187, 187, 71}},
    {"sendfile64", Call::sendfile, {-1, 239, -1, 239, 226, -1, 223, -1}},
    {"splice", Call::splice, {275, 313, 76, 340, 283, 306, 306, 76}},
    {"tee", Call::tee, {276, 315, 77, 342, 284, 308, 308, 77}},
    {"vmsplice", Call::vmsplice, {278, 316, 75, 343, 285, 309, 309, 75}},
    {"copy_file_range", Call::copy_file_range, {326, 377, 285, 391, 379, 375, 375, 285}},
    {"open", Call::open, {2, 5, -1, 5, 5, 5, 5, -1}},
    {"openat", Call::openat, {257, 295, 56, 322, 286, 288, 288, 56}},
    {"openat2", Call::openat2, {437, 437, 437, 437, 437, 437, 437, 437}},
    {"creat", Call::creat, {85, 8, -1, 8, 8, 8, 8, -1}},
    {"unlink", Call::unlink, {87, 10, -1, 10, 10, 10, 10, -1}},
    {"unlinkat", Call::unlinkat, {263, 301, 35, 328, 292, 294, 294, 35}},
    {"close", Call::close, {3, 6, 57, 6, 6, 6, 6, 57}},
    {"close_range", Call::close_range, {436, 436, 436, 436, 436, 436, 436, 436}},
    {"dup", Call::dup, {32, 41, 23, 41, 41, 41, 41, 23}},
    {"dup2", Call::dup2, {33, 63, -1, 63, 63, 63, 63, -1}},
    {"dup3", Call::dup3, {292, 330, 24, 358, 316, 326, 326, 24}},
    {"fcntl", Call::fcntl, {72, 55, 25, 55, 55, 55, 55, 25}},
    {"fcntl64", Call::fcntl, {-1, 221, -1, 221, 204, -1, 221, -1}},
    {"ioctl", Call::ioctl, {16, 54, 29, 54, 54, 54, 54, 29}},
    {"pipe", Call::pipe, {22, 42, -1, 42, 42, 42, 42, -1}},
    {"pipe2", Call::pipe2, {293, 331, 59, 359, 317, 325, 325, 59}},
    {"pidfd_open", Call::pidfd_open, {434, 434, 434, 434, 434, 434, 434, 434}},
    {"pidfd_getfd", Call::pidfd_getfd, {438, 438, 438, 438, 438, 438, 438, 438}},
    {"fork", Call::fork, {57, 2, -1, 2, 2, 2, 2, -1}},
    {"vfork", Call::vfork, {58, 190, -1, 190, 189, 190, 190, -1}},
    {"clone", Call::clone, {56, 120, 220, 120, 120, 120, 120, 220}},
    {"clone3", Call::clone3, {435, 435, 435, 435, 435, 435, 435, 435}},
    {"execve", Call::execve, {59, 11, 221, 11, 11, 11, 11, 221}},
    {"execveat", Call::execveat, {322, 358, 281, 387, 362, 354, 354, 281}},
    {"exit", Call::exit, {60, 1, 93, 1, 1, 1, 1, 93}},
    {"exit_group", Call::exit_group, {231, 252, 94, 248, 234, 248, 248, 94}},
    {"setsid", Call::setsid, {112, 66, 157, 66, 66, 66, 66, 157}},
    {"setns", Call::other, {308, 346, 268, 375, 350, 339, 339, 268}},
    {"unshare", Call::unshare, {272, 310, 97, 337, 282, 303, 303, 97}},
    {"io_uring_setup", Call::io_uring_setup, {425, 425, 425, 425, 425, 425, 425, 425}},
    {"io_uring_enter", Call::io_uring_enter, {426, 426, 426, 426, 426, 426, 426, 426}},
    {"io_uring_register", Call::other, {427, 427, 427, 427, 427, 427, 427, 427}},
    {"io_submit", Call::io_submit, {209, 248, 2, 246, 230, 246, 246, 2}},
    {"mmap", Call::other, {9, 90, 222, 90, 90, 90, 90, 222}},
    {"mmap2", Call::other, {-1, 192, -1, 192, 192, -1, 192, -1}},
    {"ptrace", Call::other, {101, 26, 117, 26, 26, 26, 26, 117}},
    {"process_vm_writev", Call::other, {311, 348, 271, 377, 352, 341, 341, 271}},
    {"kill", Call::other, {62, 37, 129, 37, 37, 37, 37, 129}},
};

bool is_32bit_only(const Row& row) {
  return std::string_view(row.name) == "sendfile64" || std::string_view(row.name) == "fcntl64" ||
         std::string_view(row.name) == "mmap2";
}

}  // namespace

TEST_CASE("syscalls: every row and column of the table") {
  SyscallTables tables;
  for (std::size_t column = 0; column < kColumns; ++column) {
    for (const std::uint32_t arch : kArchs[column]) {
      for (const Row& row : kRows) {
        if (row.numbers[column] < 0 ||
            (column == 4 && (arch & 0x80000000U) != 0 && is_32bit_only(row))) {
          continue;
        }
        CAPTURE(row.name, arch, row.numbers[column]);
        CHECK(to_word(tables.find(arch, static_cast<std::uint32_t>(row.numbers[column]))) ==
              to_word(row.call));
      }
    }
  }
}

TEST_CASE("syscalls: no number means a call that the table does not give it") {
  SyscallTables tables;
  for (std::size_t column = 0; column < kColumns; ++column) {
    for (const std::uint32_t arch : kArchs[column]) {
      std::map<std::uint32_t, Call> known;
      for (const Row& row : kRows) {
        if (row.numbers[column] >= 0) {
          known[static_cast<std::uint32_t>(row.numbers[column])] = row.call;
        }
      }
      for (std::uint32_t number = 0; number < 5000; ++number) {
        const Call call = tables.find(arch, number);
        if (call == Call::other || known.count(number) != 0 ||
            (arch == 0xc000003e && number >= 512 && number < 548)) {
          continue;
        }
        CAPTURE(arch, number, to_word(call));
        CHECK(known.count(number) == 1);
      }
    }
  }
}

TEST_CASE("syscalls: x32") {
  SyscallTables tables;
  constexpr std::uint32_t kX32 = 0x40000000U;
  const std::map<std::uint32_t, Call> own = {
      {514, Call::ioctl},     {515, Call::readv},    {516, Call::writev},   {517, Call::recvfrom},
      {518, Call::sendmsg},   {519, Call::recvmsg},  {520, Call::execve},   {532, Call::vmsplice},
      {534, Call::preadv},    {535, Call::pwritev},  {537, Call::recvmmsg}, {538, Call::sendmmsg},
      {544, Call::io_submit}, {545, Call::execveat}, {546, Call::preadv},   {547, Call::pwritev},
      {541, Call::other}};
  for (const auto& [number, call] : own) {
    CAPTURE(number);
    CHECK(tables.find(0xc000003e, kX32 + number) == call);
  }
  for (const Row& row : kRows) {
    if (row.numbers[0] >= 0) {
      CAPTURE(row.name);
      CHECK(tables.find(0xc000003e, kX32 + static_cast<std::uint32_t>(row.numbers[0])) == row.call);
    }
  }
  CHECK(tables.find(0x40000003, kX32 + 4) == Call::other);
}

TEST_CASE("syscalls: socketcall's own numbers") {
  const std::array kCalls = {Call::other,      Call::socket,   Call::bind,        Call::connect,
                             Call::listen,     Call::accept,   Call::getsockname, Call::getpeername,
                             Call::socketpair, Call::send,     Call::recv,        Call::sendto,
                             Call::recvfrom,   Call::shutdown, Call::other,       Call::other,
                             Call::sendmsg,    Call::recvmsg,  Call::accept4,     Call::recvmmsg,
                             Call::sendmmsg};
  for (std::uint64_t number = 0; number < 40; ++number) {
    CAPTURE(number);
    CHECK(SyscallTables::socketcall(number) ==
          (number < kCalls.size() ? kCalls[number] : Call::other));
  }
  CHECK(SyscallTables::socketcall(UINT64_MAX) == Call::other);
}

TEST_CASE("syscalls: an arch that nobody knows has no calls, and does not stop the reader") {
  // The log of a hostile host may hold any number, zero as its first one too.
  for (const std::uint32_t arch : {0U, 1U, 0x40000000U, 0xffffffffU, 0xc0000000U, 0x3eU}) {
    SyscallTables tables;
    CAPTURE(arch);
    for (const std::uint32_t number : {0U, 1U, 42U, 59U, 1023U, 1024U, 0x40000001U, 0xffffffffU}) {
      CHECK(tables.find(arch, number) == Call::other);
    }
    CHECK(tables.find(0xc000003e, 1) == Call::write);
    CHECK(tables.find(arch, 1) == Call::other);
  }
  SyscallTables tables;
  for (std::uint32_t arch = 0; arch < 1000; ++arch) {
    static_cast<void>(tables.find(arch * 7919, 4));
  }
}

TEST_CASE("syscalls: reads and writes are told apart") {
  for (int i = 0; i < static_cast<int>(Call::count_); ++i) {
    const Call call = static_cast<Call>(i);
    CAPTURE(to_word(call));
    CHECK_FALSE((is_read(call) && is_write(call)));
    CHECK((call == Call::other || to_word(call) != "other"));
  }
  CHECK_FALSE(is_write(Call::sendmmsg));  // counts messages
  CHECK_FALSE(is_read(Call::recvmmsg));
  CHECK_FALSE(is_write(Call::vmsplice));
  CHECK_FALSE(is_write(Call::tee));
}
