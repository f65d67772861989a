#include <string>

#include "auexfil/audit/decode.hpp"
#include "auexfil/audit/fields.hpp"
#include "fuzz.hpp"

// The bodies of LOGIN and of records of user space, one a line.

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const std::string_view body : auexfil::fuzz::lines_of(auexfil::fuzz::text_of(data, size))) {
    Login login;
    login.pid = 1;
    login.has_pid = login.has_ses = true;
    const bool is_login = decode_login(body, login);
    expect(!is_login || login.has_pid, "a login is of a process");
    expect(login.has_pid || login.pid == 0, "no pid, no number");
    expect(login.has_ses || login.ses == 0xffffffff, "no session, no number");

    UserMessage message;
    message.acct = message.exe = message.terminal = message.address = message.unit = "left over";
    message.op = message.cmd = "left over";
    message.success = false;
    const bool good = decode_user_message(body, message);
    for (const std::string* text : {&message.acct, &message.exe, &message.terminal,
                                    &message.address, &message.unit, &message.op, &message.cmd}) {
      expect(text->size() <= body.size(), "no text is longer than its record");
    }
    expect(message.address != "?", "? is no address");
    static UserMessages messages;
    const UserMessage* const read = messages.read(body);
    expect((read != nullptr) == good, "read in a row as alone");
    expect(!good || (read->pid == message.pid && read->auid == message.auid &&
                     read->ses == message.ses && read->exe == message.exe &&
                     read->op == message.op && read->success == message.success),
           "a text that is known is what it was");
    Field field;
    if (!find_field(body, "pid", field)) {
      expect(!good, "a message is of a process");
    }
  }
  return 0;
}
