#include "transfer_json.hpp"

#include <charconv>
#include <utility>

namespace auexfil::policy {
namespace {

using facts::Destination;
using facts::Fact;

std::optional<std::uint64_t> parse_id(std::string_view text) {
  std::uint64_t id = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, id, 16);
  if (text.size() != 16 || error != std::errc{} || rest != end) {
    return std::nullopt;
  }
  return id;
}

/// Back to the beginning, with the buffers of strings and vectors kept.
void reset(facts::Program& program) {
  program.pid = 0;
  program.exe.clear();
  program.comm.clear();
  program.argv.clear();
}

void reset(Fact& fact) {
  Fact fresh;
  fresh.tool = std::move(fact.tool);
  fresh.tool.clear();
  fresh.reasons = std::move(fact.reasons);
  fresh.process = std::move(fact.process);
  reset(fresh.process);
  fresh.lineage = std::move(fact.lineage);
  fresh.destinations = std::move(fact.destinations);
  fact = std::move(fresh);
}

}  // namespace

TransferJson::TransferJson(JsonFields& fields, FactDetail detail)
    : fields_(fields), detail_(detail) {}

void TransferJson::begin() {
  reset(fact_);
  has_id_ = has_start_ = has_end_ = has_reasons_ = has_lineage_ = has_destinations_ = false;
}

bool TransferJson::read(JsonKey key, Json value) {
  if (key == "id") {
    has_id_ = true;
    return fields_.parsed(value, fact_.id, parse_id, "is not 16 hex digits");
  }
  if (key == "host") {
    return fields_.maybe_text(value, fact_.host);
  }
  if (key == "node") {
    return fields_.maybe_text(value, fact_.node);
  }
  if (key == "start") {
    has_start_ = true;
    return fields_.time(value, fact_.start);
  }
  if (key == "end") {
    has_end_ = true;
    return fields_.time(value, fact_.end);
  }
  if (key == "tool") {
    return fields_.text(value, fact_.tool);
  }
  if (key == "side") {
    return fields_.word(value, fact_.side, transfer::side_from);
  }
  if (key == "direction") {
    return fields_.word(value, fact_.direction, transfer::direction_from);
  }
  if (key == "automation") {
    return read_automation(value);
  }
  if (key == "user") {
    return read_user(value);
  }
  if (key == "process") {
    return read_process(value);
  }
  if (key == "lineage") {
    has_lineage_ = true;
    return fields_.list(value, fact_.lineage, [this](Json item, facts::Program& program) {
      reset(program);
      return fields_.object(item.get_object(), [&](JsonKey inner, Json field) {
        return detail_ == FactDetail::judged && inner == "argv"
                   ? true
                   : read_program(inner, field, program);
      });
    });
  }
  if (key == "destinations") {
    has_destinations_ = true;
    return fields_.list(value, fact_.destinations, [this](Json item, Destination& destination) {
      return read_destination(item, destination);
    });
  }
  if (key == "bytes_out") {
    return fields_.maybe_number(value, fact_.bytes_out);
  }
  if (key == "bytes_in") {
    return fields_.maybe_number(value, fact_.bytes_in);
  }
  if (key == "basis") {
    return fields_.word(value, fact_.basis, transfer::basis_from);
  }
  if (detail_ == FactDetail::judged) {
    return true;
  }
  if (key == "evidence") {
    return fields_.list(value, fact_.evidence, [this](Json item, facts::Evidence& evidence) {
      return read_evidence(item, evidence);
    });
  }
  return key == "notes" ? fields_.texts(value, fact_.notes) : true;
}

bool TransferJson::read_automation(Json value) {
  return fields_.object(value.get_object(), [this](JsonKey key, Json field) {
    if (key == "verdict") {
      return fields_.word(field, fact_.automation, transfer::verdict_from);
    }
    if (key == "scripted") {
      return fields_.flag(field, fact_.scripted);
    }
    if (key == "reasons") {
      has_reasons_ = true;
      return fields_.list(field, fact_.reasons, [this](Json item, facts::Reason& reason) {
        return read_reason(item, reason);
      });
    }
    if (key == "job") {
      return fields_.maybe(field, fact_.job, [this](Json item, facts::Job& job) {
        return fields_.object(item.get_object(), [&](JsonKey inner, Json part) {
          if (inner == "kind") {
            return fields_.text(part, job.kind);
          }
          if (inner == "what") {
            return fields_.text(part, job.what);
          }
          return inner == "artefact" ? fields_.maybe_text(part, job.artefact) : true;
        });
      });
    }
    return true;
  });
}

bool TransferJson::read_reason(Json value, facts::Reason& reason) {
  reason.sign.clear();
  reason.text.clear();
  reason.event.reset();
  return fields_.object(value.get_object(), [&](JsonKey key, Json field) {
    if (key == "sign") {
      return fields_.text(field, reason.sign);
    }
    if (key == "text") {
      return fields_.text(field, reason.text);
    }
    if (key == "event" && detail_ == FactDetail::all) {
      return fields_.maybe(field, reason.event,
                           [this](Json item, audit::Stamp& to) { return fields_.stamp(item, to); });
    }
    return true;
  });
}

bool TransferJson::read_user(Json value) {
  return fields_.object(value.get_object(), [this](JsonKey key, Json field) {
    if (key == "auid") {
      return fields_.maybe_number(field, fact_.auid);
    }
    if (key == "auid_name") {
      return fields_.maybe_text(field, fact_.auid_name);
    }
    if (key == "uid") {
      return fields_.maybe_number(field, fact_.uid);
    }
    if (key == "uid_name") {
      return fields_.maybe_text(field, fact_.uid_name);
    }
    return key == "ses" ? fields_.maybe_number(field, fact_.ses) : true;
  });
}

bool TransferJson::read_program(JsonKey key, Json value, facts::Program& program) {
  if (key == "pid") {
    return fields_.number(value, program.pid);
  }
  if (key == "exe") {
    return fields_.text(value, program.exe);
  }
  if (key == "comm") {
    return fields_.text(value, program.comm);
  }
  return key == "argv" ? fields_.texts(value, program.argv) : true;
}

bool TransferJson::read_process(Json value) {
  return fields_.object(value.get_object(), [this](JsonKey key, Json field) {
    if (key == "ppid") {
      return fields_.number(field, fact_.ppid);
    }
    if (key == "script") {
      return fields_.maybe_text(field, fact_.script);
    }
    if (key == "cwd") {
      return detail_ == FactDetail::judged || fields_.maybe_text(field, fact_.cwd);
    }
    return read_program(key, field, fact_.process);
  });
}

bool TransferJson::read_destination(Json value, Destination& destination) {
  destination = Destination();
  return fields_.object(value.get_object(), [&](JsonKey key, Json field) {
    if (key == "address") {
      return fields_.maybe(field, destination.address, [this](Json item, audit::IpAddress& to) {
        return fields_.parsed(item, to, audit::IpAddress::parse, "is not an IP address");
      });
    }
    if (key == "port") {
      return fields_.maybe_number(field, destination.port);
    }
    if (key == "transport") {
      return fields_.word(field, destination.transport, transfer::transport_from);
    }
    if (key == "name") {
      return fields_.maybe_text(field, destination.name);
    }
    if (key == "source") {
      return fields_.word(field, destination.source, transfer::source_from);
    }
    if (key == "direction") {
      return fields_.word(field, destination.direction, transfer::direction_from);
    }
    if (key == "bytes_out") {
      return fields_.maybe_number(field, destination.bytes_out);
    }
    if (key == "bytes_in") {
      return fields_.maybe_number(field, destination.bytes_in);
    }
    if (key == "basis") {
      return fields_.word(field, destination.basis, transfer::basis_from);
    }
    if (key == "connections") {
      return fields_.number(field, destination.connections);
    }
    if (key == "addresses") {
      return fields_.number(field, destination.addresses);
    }
    if (detail_ == FactDetail::judged) {
      return true;
    }
    if (key == "first") {
      return fields_.time(field, destination.first);
    }
    return key == "last" ? fields_.time(field, destination.last) : true;
  });
}

bool TransferJson::read_evidence(Json value, facts::Evidence& evidence) {
  return fields_.object(value.get_object(), [&](JsonKey key, Json field) {
    if (key == "file") {
      return fields_.text(field, evidence.file);
    }
    if (key == "line") {
      return fields_.number(field, evidence.line);
    }
    if (key == "event") {
      return fields_.stamp(field, evidence.event);
    }
    return key == "what" ? fields_.text(field, evidence.what) : true;
  });
}

/// What no fact_ can be judged without. Lists that this line did not have are those of the last.
bool TransferJson::finish() {
  if (!has_reasons_) {
    fact_.reasons.clear();
  }
  if (!has_lineage_) {
    fact_.lineage.clear();
  }
  if (!has_destinations_) {
    fact_.destinations.clear();
  }
  if (!has_id_ || !has_start_ || !has_end_) {
    return fields_.fail(!has_id_      ? "a transfer without id"
                        : !has_start_ ? "a transfer without start"
                                      : "a transfer without end");
  }
  return true;
}

}  // namespace auexfil::policy
