#include <optional>

#include "auexfil/report/mask.hpp"

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

void mask_job(std::optional<transfer::Job>& job) {
  if (job) {
    job->what = mask_text(job->what);
  }
}

}  // namespace

transfer::Fact masked(transfer::Fact fact) {
  for (transfer::Reason& reason : fact.reasons) {
    reason.text = mask_text(reason.text);
  }
  mask_job(fact.job);
  fact.process.argv = mask_argv(fact.process.argv);
  for (transfer::Program& program : fact.lineage) {
    program.argv = mask_argv(program.argv);
  }
  mask_maybe(fact.script);
  for (transfer::Destination& to : fact.destinations) {
    mask_maybe(to.name);
  }
  mask_each(fact.notes);
  return fact;
}

policy::Finding masked(policy::Finding finding) {
  for (auto& [key, value] : finding.group) {
    value = mask_text(value);
  }
  mask_job(finding.job);
  for (policy::Finding::Destination& to : finding.destinations) {
    to.address = mask_text(to.address);
  }
  mask_maybe(finding.script);
  finding.command = mask_argv(finding.command);
  mask_each(finding.chain);
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
