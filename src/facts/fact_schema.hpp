#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "auexfil/facts/fact.hpp"

/// The fields of a fact in JSON lines, in their order, once: who writes them, who reads them in any
/// order and who reads them in this one walk the same description. A new field goes to the end of
/// its object.
namespace auexfil::facts {

/// A field's name, known when the program is compiled.
template <std::size_t Size>
struct Name {
  char text[Size]{};

  consteval Name(const char (&name)[Size]) {  // NOLINT(google-explicit-constructor): a literal
    for (std::size_t i = 0; i < Size; ++i) {
      text[i] = name[i];
    }
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text, Size - 1}; }
};

/// The way back from a word of the contract; empty for any other.
template <typename Word>
[[nodiscard]] std::optional<Word> word_from(std::string_view text) {
  if constexpr (std::same_as<Word, Side>) {
    return transfer::side_from(text);
  } else if constexpr (std::same_as<Word, Direction>) {
    return transfer::direction_from(text);
  } else if constexpr (std::same_as<Word, Basis>) {
    return transfer::basis_from(text);
  } else if constexpr (std::same_as<Word, FileBasis>) {
    return transfer::file_basis_from(text);
  } else if constexpr (std::same_as<Word, Verdict>) {
    return transfer::verdict_from(text);
  } else if constexpr (std::same_as<Word, FlowGrade>) {
    return flow_grade_from(text);
  } else if constexpr (std::same_as<Word, Transport>) {
    return transfer::transport_from(text);
  } else {
    static_assert(std::same_as<Word, Source>);
    return transfer::source_from(text);
  }
}

/// 16 hex digits.
template <typename Number>
struct Id {
  Number& number;
};
template <typename Number>
Id(Number&) -> Id<Number>;

template <typename T, typename What>
concept Is = std::same_as<std::remove_const_t<T>, What>;

/// Io has, each of them telling whether to go on:
///   field<NAME>(value)     a text, number, word, time, event or address, a list of them or of
///                          objects that are described here, or nothing (std::optional)
///   shown<NAME>(value)     the same, for people: no judge looks at it
///   nonzero<NAME>(number)  left out where it is 0
///   present<NAME>(maybe)   an object, left out where there is none
///   any<NAME>(list)        left out where it is empty; FactDetail says who looks at it
///   group<NAME>(part)      an object whose fields are the fact's own; part(io) describes them
template <typename Io, Is<Program> T>
bool describe(Io& io, T& it) {
  return io.template field<"pid">(it.pid) && io.template field<"exe">(it.exe) &&
         io.template field<"comm">(it.comm) && io.template shown<"argv">(it.argv);
}

template <typename Io, Is<Reason> T>
bool describe(Io& io, T& it) {
  return io.template field<"sign">(it.sign) && io.template field<"text">(it.text) &&
         io.template shown<"event">(it.event);
}

template <typename Io, Is<Job> T>
bool describe(Io& io, T& it) {
  return io.template field<"kind">(it.kind) && io.template field<"what">(it.what) &&
         io.template field<"artefact">(it.artefact);
}

template <typename Io, Is<FlowsTogether> T>
bool describe(Io& io, T& it) {
  return io.template field<"id">(Id{it.id}) && io.template field<"destinations">(it.destinations) &&
         io.template field<"bytes_out">(it.bytes_out);
}

template <typename Io, Is<FlowTold> T>
bool describe(Io& io, T& it) {
  return io.template field<"grade">(it.grade) && io.template field<"layer">(it.layer) &&
         io.template field<"flows">(it.flows) && io.template field<"bytes_out">(it.bytes_out) &&
         io.template field<"bytes_out_most">(it.bytes_out_most) &&
         io.template field<"bytes_in">(it.bytes_in) &&
         io.template field<"exporters">(it.exporters) && io.template field<"file">(it.file) &&
         io.template field<"line">(it.line) && io.template field<"disagrees">(it.disagrees) &&
         io.template present<"together">(it.together);
}

template <typename Io, Is<Destination> T>
bool describe(Io& io, T& it) {
  return io.template field<"address">(it.address) && io.template field<"port">(it.port) &&
         io.template field<"transport">(it.transport) && io.template field<"name">(it.name) &&
         io.template field<"source">(it.source) && io.template field<"direction">(it.direction) &&
         io.template field<"bytes_out">(it.bytes_out) &&
         io.template field<"bytes_in">(it.bytes_in) && io.template field<"basis">(it.basis) &&
         io.template field<"connections">(it.connections) && io.template shown<"first">(it.first) &&
         io.template shown<"last">(it.last) && io.template nonzero<"addresses">(it.addresses) &&
         io.template nonzero<"bytes_estimated">(it.bytes_estimated) &&
         io.template present<"flow">(it.flow);
}

template <typename Io, Is<Evidence> T>
bool describe(Io& io, T& it) {
  return io.template field<"file">(it.file) && io.template field<"line">(it.line) &&
         io.template field<"event">(it.event) && io.template field<"what">(it.what);
}

template <typename Io, Is<Login> T>
bool describe(Io& io, T& it) {
  return io.template field<"user">(it.user) && io.template field<"address">(it.address) &&
         io.template field<"port">(it.port) && io.template field<"method">(it.method) &&
         io.template field<"key">(it.key) && io.template shown<"time">(it.time) &&
         io.template field<"evidence">(it.evidence);
}

template <typename Io, Is<FileUse> T>
bool describe(Io& io, T& it) {
  return io.template field<"path">(it.path) && io.template field<"bytes">(it.bytes) &&
         io.template field<"basis">(it.basis) && io.template field<"event">(it.event);
}

template <typename Io, Is<Fact> T>
bool describe(Io& io, T& it) {
  const auto automation = [&it](auto& in) {
    return in.template field<"verdict">(it.automation) &&
           in.template field<"scripted">(it.scripted) && in.template field<"reasons">(it.reasons) &&
           in.template field<"job">(it.job);
  };
  const auto user = [&it](auto& in) {
    return in.template field<"auid">(it.auid) && in.template field<"auid_name">(it.auid_name) &&
           in.template field<"uid">(it.uid) && in.template field<"uid_name">(it.uid_name) &&
           in.template field<"ses">(it.ses);
  };
  const auto process = [&it](auto& in) {
    return in.template field<"pid">(it.process.pid) && in.template field<"ppid">(it.ppid) &&
           in.template field<"exe">(it.process.exe) && in.template field<"comm">(it.process.comm) &&
           in.template field<"argv">(it.process.argv) && in.template shown<"cwd">(it.cwd) &&
           in.template field<"script">(it.script);
  };
  return io.template field<"id">(Id{it.id}) && io.template field<"host">(it.host) &&
         io.template field<"node">(it.node) && io.template field<"start">(it.start) &&
         io.template field<"end">(it.end) && io.template field<"tool">(it.tool) &&
         io.template field<"side">(it.side) && io.template field<"direction">(it.direction) &&
         io.template group<"automation">(automation) && io.template group<"user">(user) &&
         io.template group<"process">(process) && io.template field<"lineage">(it.lineage) &&
         io.template field<"destinations">(it.destinations) &&
         io.template field<"bytes_out">(it.bytes_out) &&
         io.template field<"bytes_in">(it.bytes_in) && io.template field<"basis">(it.basis) &&
         io.template shown<"evidence">(it.evidence) && io.template shown<"notes">(it.notes) &&
         io.template present<"login">(it.login) &&
         io.template nonzero<"files_count">(it.files_count) &&
         io.template nonzero<"files_own">(it.files_own) &&
         io.template nonzero<"files_unnamed">(it.files_unnamed) &&
         io.template any<"files">(it.files);
}

}  // namespace auexfil::facts
