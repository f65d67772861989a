#include "read_set.hpp"

#include <utility>

#include <fmt/format.h>

namespace auexfil::pipeline {
namespace {

/// Words for what a line lacked, and what became of it.
const char* sentence(audit::Malformed kind) {
  using audit::Malformed;
  switch (kind) {
    case Malformed::no_stamp:
      return "no audit record (no audit(SECONDS.MMM:SERIAL)): line skipped";
    case Malformed::interpreted:
      return "text of `ausearch -i`, which cannot be decoded without loss: line skipped; give the "
             "raw log, or run `ausearch --raw`";
    case Malformed::overlong:
      return "longer than a line may be: its end was dropped";
    case Malformed::nul_bytes:
      return "zero bytes, as a crash leaves them: skipped";
    case Malformed::cut:
      return "ends in the middle of a record: what is whole was used";
    case Malformed::damaged_syscall:
      return "SYSCALL record without arch, syscall or pid: not followed";
    case Malformed::bad_sockaddr:
      return "SOCKADDR record too short for its family: no address";
    case Malformed::bad_execve:
      return "EXECVE record with missing or cut arguments: used as it is";
    case Malformed::late_record:
      return "record of an event long past: left out";
    case Malformed::duplicate:
      return "the same record a second time: counted once";
    case Malformed::wrapped:
      return "an audit record inside JSON or another export, whose escapes are not the log's: line "
             "skipped; give the raw log";
    case Malformed::count_:
      break;
  }
  return "?";
}

/// What stood there is gone: the input was not read whole.
bool loses_data(audit::Malformed kind) {
  using audit::Malformed;
  return kind == Malformed::cut || kind == Malformed::nul_bytes || kind == Malformed::overlong;
}

void add_malformed(const audit::MalformedLines& malformed, const input::LogSet& set,
                   SetReading& reading) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(audit::Malformed::count_); ++i) {
    const auto kind = static_cast<audit::Malformed>(i);
    const audit::MalformedLines::Count& count = malformed.of(kind);
    if (count.lines == 0) {
      continue;
    }
    reading.summary.malformed[audit::to_word(kind)] += count.lines;
    const std::string file =
        count.first_file < set.files.size() ? set.files[count.first_file].name : "?";
    reading.messages.push_back(
        {audit::to_word(kind),
         fmt::format("{}:{}: {}{}", file, count.first_line, sentence(kind),
                     count.lines > 1 ? fmt::format(" ({} such lines)", count.lines) : "")});
    if (loses_data(kind)) {
      reading.summary.complete = false;
      for (coverage::ReadSummary::Input& input : reading.summary.inputs) {
        if (input.name == file && input.status == std::string_view("read")) {
          input.status = "damaged";
          input.note = fmt::format("line {}: {}", count.first_line, sentence(kind));
        }
      }
    }
  }
}

void describe(const input::LogSet& set, const audit::ReadResult& result,
              coverage::ReadSummary& summary) {
  for (std::size_t i = 0; i < set.files.size(); ++i) {
    input::FileForm form = input::form_of(set.files[i]);
    const audit::FileCount count = i < result.files.size() ? result.files[i] : audit::FileCount();
    summary.inputs[i].held = coverage::ReadSummary::Held{std::move(form.form),
                                                         std::move(form.taken_for),
                                                         std::nullopt,
                                                         {},
                                                         count.records,
                                                         count.events,
                                                         count.first,
                                                         count.last,
                                                         0,
                                                         0,
                                                         {},
                                                         set.files[i].joined};
  }
}

}  // namespace

void add_problem(const input::Problem& problem, SetReading& reading) {
  coverage::ReadSummary& summary = reading.summary;
  summary.complete = summary.complete && (problem.kind == input::ProblemKind::empty ||
                                          problem.kind == input::ProblemKind::copy);
  reading.messages.push_back(
      {to_word(problem.kind), fmt::format("{}: {}", problem.where, problem.what)});
  for (coverage::ReadSummary::Input& known : summary.inputs) {
    if (known.name == problem.where) {
      known.status = to_word(problem.kind);
      known.note = problem.what;
      return;
    }
  }
  summary.inputs.push_back({problem.where, to_word(problem.kind), problem.what, std::nullopt});
}

SetReading read_set(const input::LogSet& set, const SetOptions& options,
                    const audit::Assembler::Sink& sink) {
  SetReading reading;
  coverage::ReadSummary& summary = reading.summary;
  input::BlockReader reader(set,
                            {options.block_bytes, std::size_t{1} << 20, options.read.threads - 1});
  audit::ReadOptions read = options.read;
  std::uint64_t counted = 0;
  read.progress = [&](std::uint64_t bytes) {
    options.progress(bytes - counted);
    counted = bytes;
  };
  for (const input::LogFile& file : set.files) {
    // Of those that runs before have read to the end nothing is to be told.
    if (!file.is_done) {
      summary.inputs.push_back({file.name, "read", "", std::nullopt});
    }
    if (set.files.back().lane > 0) {
      read.assembler.lanes.push_back(file.lane);
    }
  }
  audit::ReadResult result = audit::read_log(reader, read, sink);
  reading.taken = reader.taken();
  reading.tails = reader.tails();
  options.progress(reader.bytes_consumed() - counted);
  if (options.describe) {
    describe(set, result, summary);
  }
  summary.events = result.events;
  summary.records = result.records;
  summary.bytes_read = reader.bytes_delivered();
  if (reader.overlong_lines() > 0) {
    result.malformed.note(audit::Malformed::overlong, 0, 0, reader.overlong_lines());
  }
  for (const input::Problem& problem : reader.problems()) {
    add_problem(problem, reading);
  }
  add_malformed(result.malformed, set, reading);
  summary.bounds = std::move(result.bounds);
  for (const auto& [bound, times] : reader.bounds()) {
    summary.bounds[bound] += times;
    summary.complete = false;
  }
  // Nothing but lines that are none of ours: the input was no audit log.
  const std::uint64_t foreign = result.malformed.of(audit::Malformed::no_stamp).lines;
  const std::uint64_t interpreted = result.malformed.of(audit::Malformed::interpreted).lines;
  const std::string where =
      set.files.size() == 1 ? set.files.front().name : fmt::format("{} files", set.files.size());
  if (interpreted > 0) {
    add_problem({input::ProblemKind::interpreted, where,
                 "holds text of `ausearch -i`; give the raw log, or the output of `ausearch "
                 "--raw`"},
                reading);
  } else if (result.malformed.of(audit::Malformed::wrapped).lines > 0) {
    add_problem({input::ProblemKind::wrapped, where,
                 "holds audit records inside JSON or another export; give the raw log, or the text "
                 "of that field with one record a line (`jq -r .message`)"},
                reading);
  } else if (result.records == 0 && foreign > 0) {
    add_problem({input::ProblemKind::not_a_log, where, "holds no audit record; give an audit.log"},
                reading);
  } else if (result.records == 0 && reader.problems().empty() && read.before == nullptr) {
    reading.messages.push_back({"empty", fmt::format("{}: holds no records", where)});
  }
  return reading;
}

void add_up(SetReading&& reading, coverage::ReadSummary& whole, Observer& observer) {
  coverage::ReadSummary& part = reading.summary;
  for (const SetReading::Message& message : reading.messages) {
    observer.on_message(message.kind, message.text);
  }
  for (coverage::ReadSummary::Input& input : part.inputs) {
    whole.inputs.push_back(std::move(input));
  }
  whole.events += part.events;
  whole.records += part.records;
  whole.bytes_read += part.bytes_read;
  for (const auto& [kind, lines] : part.malformed) {
    whole.malformed[kind] += lines;
  }
  for (const auto& [bound, times] : part.bounds) {
    whole.bounds[bound] += times;
  }
  whole.complete = whole.complete && part.complete;
}

}  // namespace auexfil::pipeline
