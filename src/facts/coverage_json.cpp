#include "coverage_json.hpp"

#include <map>
#include <string>

#include "auexfil/transfer/terms.hpp"

namespace auexfil::facts {
namespace {

std::optional<coverage::CoverageVerdict> coverage_verdict(std::string_view word) {
  using coverage::CoverageVerdict;
  for (const auto verdict :
       {CoverageVerdict::adequate, CoverageVerdict::partial, CoverageVerdict::blind}) {
    if (word == coverage::to_word(verdict)) {
      return verdict;
    }
  }
  return std::nullopt;
}

bool read_counts(JsonFields& fields, Json value, std::map<std::string, std::uint64_t>& counts) {
  return fields.object(value.get_object(), [&](JsonKey key, Json field) {
    std::string name;  // a key may hold escapes like any string
    return decode_json_text(key.text.data(), name)
               ? fields.number(field, counts[name])
               : fields.fail("has a key with an escape that JSON does not have");
  });
}

bool read_time_or_none(JsonFields& fields, Json item, audit::TimeMs& to) {
  std::optional<audit::TimeMs> time;
  const bool good = fields.maybe(
      item, time, [&](Json inner, audit::TimeMs& out) { return fields.time(inner, out); });
  to = time.value_or(0);
  return good;
}

bool read_seen_job(JsonFields& fields, JsonKey key, Json value, coverage::SeenJob& job) {
  if (key == "kind" || key == "name") {
    return fields.text(value, key == "kind" ? job.kind : job.name);
  }
  if (key == "user") {
    return fields.maybe_text(value, job.user);
  }
  if (key == "vouched") {
    return fields.flag(value, job.vouched);
  }
  if (key == "starts" || key == "stops") {
    return fields.number(value, key == "starts" ? job.starts : job.stops);
  }
  if (key == "first" || key == "last") {
    return read_time_or_none(fields, value, key == "first" ? job.first : job.last);
  }
  return key == "times"
             ? fields.list(value, job.times,
                           [&](Json item, audit::TimeMs& time) { return fields.time(item, time); })
             : true;
}

bool read_stretch(JsonFields& fields, Json item, coverage::FlowsOfHost::Stretch& stretch) {
  return fields.object(item.get_object(), [&](JsonKey key, Json field) {
    if (key == "from" || key == "to") {
      return read_time_or_none(fields, field, key == "from" ? stretch.from : stretch.to);
    }
    return true;
  });
}

using UnseenFlows = coverage::FlowsOfHost::Unseen;

bool read_bound(JsonFields& fields, Json value, std::optional<std::uint64_t>& bound) {
  return fields.maybe(
      value, bound, [&](Json inner, std::uint64_t& bytes) { return fields.number(inner, bytes); });
}

bool read_unseen_hour(JsonFields& fields, Json item, UnseenFlows::Hour& hour) {
  return fields.object(item.get_object(), [&](JsonKey key, Json value) {
    if (key == "from") {
      return read_time_or_none(fields, value, hour.from);
    }
    if (key == "first" || key == "last") {
      return read_time_or_none(fields, value, key == "first" ? hour.first : hour.last);
    }
    if (key == "bytes_most") {
      return read_bound(fields, value, hour.bytes_most);
    }
    return key == "bytes" ? fields.number(value, hour.bytes) : true;
  });
}

bool read_unseen_flows(JsonFields& fields, Json item, UnseenFlows& unseen) {
  return fields.object(item.get_object(), [&](JsonKey key, Json value) {
    if (key == "address" || key == "transport") {
      return fields.text(value, key == "address" ? unseen.address : unseen.transport);
    }
    if (key == "layer" || key == "evidence") {
      return fields.text(value, key == "layer" ? unseen.layer : unseen.evidence);
    }
    if (key == "port") {
      return fields.maybe(value, unseen.port, [&](Json inner, std::uint16_t& port) {
        return fields.number(inner, port);
      });
    }
    if (key == "addresses" || key == "flows") {
      return fields.number(value, key == "flows" ? unseen.flows : unseen.addresses);
    }
    if (key == "bytes") {
      return fields.number(value, unseen.bytes);
    }
    if (key == "bytes_most") {
      return read_bound(fields, value, unseen.bytes_most);
    }
    if (key == "first" || key == "last") {
      return read_time_or_none(fields, value, key == "first" ? unseen.first : unseen.last);
    }
    return key == "hours" ? fields.list(value, unseen.hours,
                                        [&](Json one, UnseenFlows::Hour& hour) {
                                          return read_unseen_hour(fields, one, hour);
                                        })
                          : true;
  });
}

bool read_flows(JsonFields& fields, Json item, coverage::FlowsOfHost& flows) {
  return fields.object(item.get_object(), [&](JsonKey key, Json value) {
    if (key == "addresses") {
      return fields.texts(value, flows.addresses);
    }
    if (key == "in_time" || key == "joined") {
      return fields.number(value, key == "in_time" ? flows.in_time : flows.joined);
    }
    if (key == "unjoined" || key == "unjoined_bytes") {
      return fields.number(value, key == "unjoined" ? flows.unjoined : flows.unjoined_bytes);
    }
    if (key == "unjoined_peers") {
      return fields.texts(value, flows.unjoined_peers);
    }
    if (key == "unseen") {
      std::optional<std::vector<UnseenFlows>> told;
      const bool good = fields.maybe(value, told, [&](Json inner, std::vector<UnseenFlows>& all) {
        return fields.list(inner, all, [&](Json one, UnseenFlows& unseen) {
          return read_unseen_flows(fields, one, unseen);
        });
      });
      flows.tells_unseen = told.has_value();
      flows.unseen = std::move(told).value_or(std::vector<UnseenFlows>());
      return good;
    }
    if (key == "translated") {
      return fields.flag(value, flows.is_translated);
    }
    if (key == "unseen_above") {
      return fields.maybe(value, flows.unseen_above, [&](Json inner, std::uint64_t& bytes) {
        return fields.number(inner, bytes);
      });
    }
    if (key == "clocks") {
      return fields.list(value, flows.clocks, [&](Json one, coverage::FlowsOfHost::Clock& clock) {
        return fields.object(one.get_object(), [&](JsonKey inner, Json field) {
          if (inner == "exporter") {
            return fields.text(field, clock.exporter);
          }
          return inner == "ahead_ms" ? fields.whole(field, clock.ahead_ms) : true;
        });
      });
    }
    return key == "hours" ? fields.list(value, flows.hours,
                                        [&](Json one, coverage::FlowsOfHost::Stretch& stretch) {
                                          return read_stretch(fields, one, stretch);
                                        })
                          : true;
  });
}

bool read_uncounted_peer(JsonFields& fields, JsonKey key, Json value,
                         coverage::Uncounted::Peer& peer) {
  if (key == "address" || key == "tool" || key == "program") {
    return fields.text(value, key == "address" ? peer.address
                              : key == "tool"  ? peer.tool
                                               : peer.program);
  }
  if (key == "port") {
    return fields.maybe(value, peer.port, [&](Json inner, std::uint16_t& port) {
      return fields.number(inner, port);
    });
  }
  if (key == "side") {
    std::string side;
    const bool good = fields.text(value, side);
    peer.served = side == transfer::to_word(transfer::Side::server);
    return good;
  }
  if (key == "messages" || key == "connections") {
    return fields.number(value, key == "messages" ? peer.messages : peer.connections);
  }
  if (key == "most_bytes") {
    return fields.maybe(value, peer.most_bytes, [&](Json inner, std::uint64_t& bytes) {
      return fields.number(inner, bytes);
    });
  }
  if (key == "silent") {
    return fields.number(value, peer.silent);
  }
  return key == "last" ? read_time_or_none(fields, value, peer.last) : true;
}

bool read_uncounted(JsonFields& fields, Json item, coverage::Uncounted& uncounted) {
  return fields.object(item.get_object(), [&](JsonKey key, Json value) {
    if (key == "messages" || key == "connections") {
      return fields.number(value, key == "messages" ? uncounted.messages : uncounted.connections);
    }
    if (key == "silent" || key == "programs") {
      return fields.number(value, key == "silent" ? uncounted.silent : uncounted.programs);
    }
    return key == "to" ? fields.list(value, uncounted.peers,
                                     [&](Json one, coverage::Uncounted::Peer& peer) {
                                       return fields.object(
                                           one.get_object(), [&](JsonKey inner, Json field) {
                                             return read_uncounted_peer(fields, inner, field, peer);
                                           });
                                     })
                       : true;
  });
}

}  // namespace

bool read_coverage(JsonFields& fields, JsonKey key, Json value, coverage::HostCoverage& host) {
  if (key == "host") {
    return fields.maybe_text(value, host.host);
  }
  if (key == "node") {
    return fields.maybe_text(value, host.node);
  }
  if (key == "verdict") {
    return fields.word(value, host.verdict, coverage_verdict);
  }
  if (key == "reasons") {
    return fields.texts(value, host.reasons);
  }
  if (key == "first") {
    return read_time_or_none(fields, value, host.first);
  }
  if (key == "last") {
    return read_time_or_none(fields, value, host.last);
  }
  if (key == "execs") {
    return fields.flag(value, host.execs);
  }
  if (key == "connects") {
    return fields.flag(value, host.connects);
  }
  if (key == "bytes") {
    return fields.flag(value, host.bytes);
  }
  if (key == "descriptors") {
    return fields.flag(value, host.descriptors);
  }
  if (key == "unattributed" || key == "unaddressed") {
    auto& unseen = key == "unattributed" ? host.unattributed : host.unaddressed;
    return fields.maybe(value, unseen, [&](Json item, coverage::UnseenBytes& to) {
      return fields.object(item.get_object(), [&](JsonKey inner, Json field) {
        if (inner == "bytes") {
          return fields.number(field, to.bytes);
        }
        return inner == "programs" ? fields.texts(field, to.programs) : true;
      });
    });
  }
  if (key == "jobs") {
    return fields.list(value, host.jobs, [&](Json item, coverage::SeenJob& job) {
      return fields.object(item.get_object(), [&](JsonKey inner, Json field) {
        return read_seen_job(fields, inner, field, job);
      });
    });
  }
  if (key == "flows") {
    return fields.maybe(value, host.flows, [&](Json item, coverage::FlowsOfHost& flows) {
      return read_flows(fields, item, flows);
    });
  }
  if (key == "uncounted") {
    return fields.maybe(value, host.uncounted, [&](Json item, coverage::Uncounted& uncounted) {
      return read_uncounted(fields, item, uncounted);
    });
  }
  if (!(key == "gaps")) {
    return true;
  }
  return fields.list(value, host.gaps, [&](Json item, coverage::Gap& gap) {
    return fields.object(item.get_object(), [&](JsonKey inner, Json field) {
      if (inner == "from") {
        return read_time_or_none(fields, field, gap.from);
      }
      if (inner == "to") {
        return read_time_or_none(fields, field, gap.to);
      }
      return inner == "why" ? fields.text(field, gap.why) : true;
    });
  });
}

bool read_summary(JsonFields& fields, JsonKey key, Json value, coverage::ReadSummary& summary) {
  if (key == "complete") {
    return fields.flag(value, summary.complete);
  }
  if (key == "events") {
    return fields.number(value, summary.events);
  }
  if (key == "records") {
    return fields.number(value, summary.records);
  }
  if (key == "bytes_read") {
    return fields.number(value, summary.bytes_read);
  }
  if (key == "malformed") {
    return read_counts(fields, value, summary.malformed);
  }
  if (key == "bounds") {
    return read_counts(fields, value, summary.bounds);
  }
  if (!(key == "inputs")) {
    return true;
  }
  return fields.list(value, summary.inputs, [&](Json item, coverage::ReadSummary::Input& in) {
    return fields.object(item.get_object(), [&](JsonKey inner, Json field) {
      if (inner == "name") {
        return fields.text(field, in.name);
      }
      if (inner == "status") {
        return fields.text(field, in.status);
      }
      return inner == "note" ? fields.text(field, in.note) : true;
    });
  });
}

}  // namespace auexfil::facts
