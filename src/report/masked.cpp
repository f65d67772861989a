#include "auexfil/report/masked.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace auexfil::report {
namespace {

void mask_each(std::vector<std::string>& sentences) {
  for (std::string& sentence : sentences) {
    sentence = mask_text(sentence);
  }
}

void mask_maybe(std::optional<std::string>& text) {
  if (text) {
    text = mask_text(*text);
  }
}

void mask_job(std::optional<facts::Job>& job) {
  if (job) {
    job->what = mask_text(job->what);
  }
}

void mask_sender(policy::Sender& sender) {
  mask_job(sender.job);
  mask_maybe(sender.script);
  sender.command = mask_argv(sender.command);
  for (facts::FileUse& file : sender.files) {
    file.path = mask_text(file.path);
  }
  mask_each(sender.chain);
  mask_each(sender.started);
}

}  // namespace

policy::Finding masked(policy::Finding finding) {
  for (auto& [key, value] : finding.group) {
    value = mask_text(value);
  }
  mask_sender(finding);
  for (policy::Finding::Destination& to : finding.destinations) {
    to.address = mask_text(to.address);
    mask_sender(to.sender);
  }
  mask_each(finding.reasons);
  return finding;
}

coverage::HostCoverage masked(coverage::HostCoverage coverage) {
  mask_each(coverage.reasons);
  for (coverage::Gap& gap : coverage.gaps) {
    gap.why = mask_text(gap.why);
  }
  return coverage;
}

}  // namespace auexfil::report
