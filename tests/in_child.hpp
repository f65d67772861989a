#pragma once

#include <cerrno>
#include <initializer_list>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

namespace auexfil::test {

/// Runs `check` in a child, with which all that it does to its process ends.
/// \return what `check` returned, or -1 when it did not come so far.
template <typename Check>
int in_child(const Check& check) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(check());
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                               : -1;
}

/// From here on the kernel does not know these calls, as an old one. \return whether that worked.
inline bool forget_calls(std::initializer_list<const char*> names) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  bool done = filter != nullptr;
  for (const char* const name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    done = done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0) == 0;
  }
  done = done && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return done;
}

}  // namespace auexfil::test
