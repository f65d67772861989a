#include "lossy.hpp"

#include <catch2/catch.hpp>

namespace auexfil::input::test {

TEST_CASE("lossy: what the tools of audit make of a log") {
  const std::pair<const char*, const char*> cases[] = {
      {"NODE,EVENT,DATE,TIME,SERIAL_NUM,EVENT_KIND,SESSION,SUBJ_PRIME\n,SYSCALL,12/02/26\n",
       "the output of `ausearch --format csv`"},
      {"At 01:00:00 12/02/26 system, acting as root, successfully executed /usr/bin/scp\n",
       "the output of `ausearch --format text`"},
      {"At 01:00:00 02.12.2026 root unsuccessfully opened-file /x\n",
       "the output of `ausearch --format text`"},
      {"\nExecutable Report\n====================================\n# date time\n",
       "a report of `aureport`"},
      {"\nSummary Report\n======================\n", "a report of `aureport`"},
      {"{\"auditd\":{\"message_type\":\"syscall\",\"sequence\":1,\"data\":{\"a0\":\"3\"}}}\n",
       "what Auditbeat makes of records without `include_raw_message`"},
      {"{\"auditd\":{\"message_type\":\"syscall\"},\"event\":{\"original\":[\"type=SYSCALL "
       "msg=audit(1.0:1): a=b\"]}}\n",
       ""},
      {"----\ntype=PROCTITLE msg=audit(12/02/26 01:00:00.000:100) : proctitle=cron\n",
       "the output of `ausearch -i`"},
      {"----\ntime->Wed Dec  2 01:00:00 2026\ntype=SYSCALL msg=audit(1796173200.000:100): a=b\n",
       ""},
      {"type=SYSCALL msg=audit(1796173200.000:100): arch=c000003e\n", ""},
      {"Annual Report\nwe sold ====\n", ""},
      {"At 01:00:00 we met\n", ""},
      {"", ""},
  };
  for (const auto& [head, expected] : cases) {
    CAPTURE(head);
    CHECK(lossy_form(head) == expected);
  }
}

}  // namespace auexfil::input::test
