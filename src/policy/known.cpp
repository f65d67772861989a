#include "known.hpp"

#include <algorithm>

#include "auexfil/policy/job_template.hpp"

namespace auexfil::policy {
namespace {

bool is_number(const std::string& user) {
  return user.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

Known::Known(const std::vector<Normal>& normals) {
  for (const Normal& normal : normals) {
    OfRole& role = roles_[normal.role];
    role.users.insert(normal.users.begin(), normal.users.end());
    role.has_names =
        role.has_names || !std::all_of(normal.users.begin(), normal.users.end(), is_number);
    role.destinations.insert(normal.addresses.begin(), normal.addresses.end());
    role.destinations.insert(normal.names.begin(), normal.names.end());
    const auto [job, is_new] = role.jobs.emplace(normal.job, normal.session);
    if (!is_new && normal.session) {  // a list that goes on in another section
      job->second = std::max(job->second, normal.session);
    }
  }
}

KnownTransfer Known::ask(std::string_view role, const std::vector<std::string>& user,
                         std::string_view job) {
  constexpr std::size_t kMost = 1 << 16;
  KnownTransfer known{true, true, std::nullopt};
  const auto of_role = roles_.find(role);
  if (of_role == roles_.end()) {
    return known;
  }
  const bool by_name = of_role->second.has_names && !user.empty() && !is_number(user.front());
  known.new_user = std::none_of(
      user.begin(), by_name ? user.begin() + 1 : user.end(),
      [&](const std::string& spelling) { return of_role->second.users.contains(spelling); });
  auto found = templates_.find(job);
  if (found == templates_.end()) {
    if (templates_.size() >= kMost) {
      templates_.clear();
    }
    found = templates_.emplace(job, job_template(job)).first;
  }
  if (const auto hit = of_role->second.jobs.find(found->second);
      hit != of_role->second.jobs.end()) {
    known.new_job = false;
    known.session = hit->second;
  }
  return known;
}

bool Known::has_destination(std::string_view role, std::string_view peer) const {
  const auto of_role = roles_.find(role);
  return of_role != roles_.end() && of_role->second.destinations.contains(peer);
}

}  // namespace auexfil::policy
