#pragma once

/// The fields of OTLP that have a column, written once. The columns (span_columns.h), the objects
/// (trace_data.h), OTLP in both directions, what is compared and shown, and blocks are loops over
/// this list, unrolled when compiled: to add a field is to add a line (CONTRIBUTING.md).
///
///   FIELD(Id, column, object, Form, message, number, "name", stored, "title")
///
/// `column` is the member of the table of columns, `object` that of the struct of trace_data.h. The
/// field has the number and the name in OTLP's `message`, and its Form (model::form) there and in
/// memory. Blocks keep it as ColumnField::k<Id>, which is `stored` (docs/formats/block.md): never
/// renumber, and take 81 and up for what is new, which older blocks do not have. `title` is its
/// name in messages. Blocks have columns in the order of the list: add at the end.
#define CLEW_SPAN_FIELDS(FIELD)                                                                    \
  FIELD(TraceId, trace_ids, trace_id, Id<base::TraceId>, kSpan, 1, "trace_id", 1, "trace id")      \
  FIELD(SpanId, span_ids, span_id, Id<base::SpanId>, kSpan, 2, "span_id", 10, "span id")           \
  /* Zero: it is a root. */                                                                        \
  FIELD(Parent, parent_span_ids, parent_span_id, Id<base::SpanId>, kSpan, 4, "parent_span_id", 11, \
        "parent")                                                                                  \
  FIELD(StartOffset, starts, start, Time, kSpan, 7, "start_time_unix_nano", 13, "span start")      \
  FIELD(Duration, ends, end, Time, kSpan, 8, "end_time_unix_nano", 14, "span duration")            \
  FIELD(Kind, kinds, kind, Enum<model::SpanKind>, kSpan, 6, "kind", 15, "span kind")               \
  FIELD(StatusCode, status_codes, status, Enum<model::StatusCode>, kStatus, 3, "code", 16,         \
        "status code")                                                                             \
  FIELD(Flags, flags, flags, Bits, kSpan, 16, "flags", 17, "span flags")                           \
  FIELD(DroppedAttributes, dropped_attributes_counts, dropped_attributes_count, Count, kSpan, 10,  \
        "dropped_attributes_count", 21, "dropped attributes")                                      \
  FIELD(DroppedEvents, dropped_events_counts, dropped_events_count, Count, kSpan, 12,              \
        "dropped_events_count", 22, "dropped events")                                              \
  FIELD(DroppedLinks, dropped_links_counts, dropped_links_count, Count, kSpan, 14,                 \
        "dropped_links_count", 23, "dropped links")                                                \
  FIELD(Name, names, name, Name, kSpan, 5, "name", 18, "span name")                                \
  FIELD(StatusMessage, status_messages, status_message, Text, kStatus, 2, "message", 19,           \
        "status message")                                                                          \
  FIELD(TraceState, trace_states, trace_state, Text, kSpan, 3, "trace_state", 20, "trace state")

#define CLEW_RESOURCE_FIELDS(FIELD)                                                                \
  FIELD(ResourceSchemaUrl, schema_urls, schema_url, Name, kResourceSpans, 3, "schema_url", 30,     \
        "schema URL of resources")                                                                 \
  FIELD(ResourceDropped, dropped_attributes_counts, dropped_attributes_count, Count, kResource, 2, \
        "dropped_attributes_count", 31, "dropped attributes of resources")                         \
  FIELD(ResourceEntities, entity_refs, entity_refs, Entities, kResource, 3, "entity_refs", 32,     \
        "entities of resources")

#define CLEW_SCOPE_FIELDS(FIELD)                                                             \
  FIELD(ScopeName, names, name, Name, kScope, 1, "name", 40, "scope name")                   \
  FIELD(ScopeVersion, versions, version, Name, kScope, 2, "version", 41, "scope version")    \
  FIELD(ScopeSchemaUrl, schema_urls, schema_url, Name, kScopeSpans, 3, "schema_url", 42,     \
        "schema URL of scopes")                                                              \
  FIELD(ScopeDropped, dropped_attributes_counts, dropped_attributes_count, Count, kScope, 4, \
        "dropped_attributes_count", 43, "dropped attributes of scopes")

#define CLEW_EVENT_FIELDS(FIELD)                                                             \
  FIELD(EventTime, times, time, Time, kEvent, 1, "time_unix_nano", 51, "event time")         \
  FIELD(EventName, names, name, Name, kEvent, 2, "name", 52, "event name")                   \
  FIELD(EventDropped, dropped_attributes_counts, dropped_attributes_count, Count, kEvent, 4, \
        "dropped_attributes_count", 53, "dropped attributes of events")

#define CLEW_LINK_FIELDS(FIELD)                                                            \
  FIELD(LinkTraceId, trace_ids, trace_id, Id<base::TraceId>, kLink, 1, "trace_id", 61,     \
        "trace id of links")                                                               \
  FIELD(LinkSpanId, span_ids, span_id, Id<base::SpanId>, kLink, 2, "span_id", 62,          \
        "span id of links")                                                                \
  FIELD(LinkTraceState, trace_states, trace_state, Text, kLink, 3, "trace_state", 63,      \
        "trace state of links")                                                            \
  FIELD(LinkFlags, flags, flags, Bits, kLink, 6, "flags", 64, "flags of links")            \
  FIELD(LinkDropped, dropped_attributes_counts, dropped_attributes_count, Count, kLink, 5, \
        "dropped_attributes_count", 65, "dropped attributes of links")

#define CLEW_FIELDS(FIELD)    \
  CLEW_SPAN_FIELDS(FIELD)     \
  CLEW_RESOURCE_FIELDS(FIELD) \
  CLEW_SCOPE_FIELDS(FIELD)    \
  CLEW_EVENT_FIELDS(FIELD)    \
  CLEW_LINK_FIELDS(FIELD)
