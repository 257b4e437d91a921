#pragma once

#include "model/semantic_names.h"

namespace clew::model {

using enum RenameSource;

// From the registry and the schema file of github.com/open-telemetry/semantic-conventions at
// v1.44.0 (kSemanticConventionsRelease). In it is what was renamed of spans, resources, scopes,
// events and links. A row has one successor, the next one in time: where the schemas go in steps,
// so do the rows, unless a comment says otherwise.
//
// Left out, as names alone would make wrong answers of it or no attribute has the name as it
// stands:
// - attributes of metrics alone (system.cpu.state, pool.name, process.context_switch_type …);
// - templates, whose keys have a part of their own (k8s.pod.labels.<key>, container.labels.<key>,
//   db.elasticsearch.path_parts.<key>, rpc.grpc.request.metadata.<key> …);
// - what became of another type, so that no value is equal to one of before and each "is not" would
//   hold: db.redis.database_index, db.cosmosdb.status_code, messaging.kafka.destination.partition,
//   rpc.grpc.status_code, rpc.jsonrpc.error_code, enduser.role, container.image.tag;
// - what was split, so that the value is in none of the successors: http.target, net.sock.family,
//   code.namespace and rpc.service (both are a part of another one now), db.connection_string;
// - http.host, which became one of three, and has a port in it that none of the addresses has;
// - what is in use again, with a meaning of its own: enduser.id, db.query.parameter;
// - server.socket.address, server.socket.port and client.socket.*, of 1.21.0 alone: local or peer,
//   depending on the kind of the span.
//
// In order of the newest name.
inline constexpr SemanticRename kSemanticRenames[] = {
    {"android.state", "android.app.state", 31, kSchema},
    {"db.cosmosdb.client_id", "azure.client.id", 30, kSchema},
    {"db.cosmosdb.connection_mode", "azure.cosmosdb.connection.mode", 30, kSchema},
    {"db.cosmosdb.consistency_level", "azure.cosmosdb.consistency.level", 30, kSchema},
    {"db.cosmosdb.regions_contacted", "azure.cosmosdb.operation.contacted_regions", 30, kSchema},
    {"db.cosmosdb.request_charge", "azure.cosmosdb.operation.request_charge", 30, kSchema},
    {"db.cosmosdb.request_content_length", "azure.cosmosdb.request.body.size", 30, kSchema},
    {"db.cosmosdb.sub_status_code", "azure.cosmosdb.response.sub_status_code", 30, kSchema},
    {"az.namespace", "azure.resource_provider.namespace", 35, kSchema},
    {"az.service_request_id", "azure.service.request.id", 35, kSchema},
    {"db.cassandra.consistency_level", "cassandra.consistency.level", 30, kSchema},
    {"db.cassandra.coordinator.dc", "cassandra.coordinator.dc", 30, kSchema},
    {"db.cassandra.coordinator.id", "cassandra.coordinator.id", 30, kSchema},
    {"db.cassandra.page_size", "cassandra.page.size", 30, kSchema},
    {"db.cassandra.idempotence", "cassandra.query.idempotent", 30, kSchema},
    {"db.cassandra.speculative_execution_count", "cassandra.speculative_execution.count", 30,
     kSchema},
    {"http.client_ip", "client.address", 21, kSchema},
    {"faas.id", "cloud.resource_id", 19, kSchema},
    {"code.column", "code.column.number", 30, kSchema},
    {"code.filepath", "code.file.path", 30, kSchema},
    // Without the namespace in the older one.
    {"code.function", "code.function.name", 30, kSchema},
    {"code.lineno", "code.line.number", 30, kSchema},
    {"container.runtime", "container.runtime.name", 37, kSchema},
    {"db.cassandra.table", "db.collection.name", 25, kSchema},
    {"db.cosmosdb.container", "db.collection.name", 25, kSchema},
    {"db.mongodb.collection", "db.collection.name", 25, kSchema},
    {"db.sql.table", "db.collection.name", 25, kSchema},
    {"db.elasticsearch.cluster.name", "db.namespace", 27, kSchema},
    {"db.name", "db.namespace", 25, kSchema},
    {"db.cassandra.keyspace", "db.name", 8, kSchema},
    {"db.hbase.namespace", "db.name", 8, kSchema},
    {"db.operation", "db.operation.name", 25, kSchema},
    {"db.statement", "db.query.text", 25, kSchema},
    // Some values have other names, as mssql and microsoft.sql_server.
    {"db.system", "db.system.name", 30, kSchema},
    {"deployment.environment", "deployment.environment.name", 27, kSchema},
    {"db.elasticsearch.node.name", "elasticsearch.node.name", 30, kSchema},
    {"faas.execution", "faas.invocation_id", 19, kSchema},
    // In 1.33.0 it became error.message, which others use, too, and in 1.40.0 this.
    {"feature_flag.evaluation.error.message", "feature_flag.error.message", 40, kSchema},
    {"feature_flag.provider_name", "feature_flag.provider.name", 33, kSchema},
    {"feature_flag.evaluation.reason", "feature_flag.result.reason", 32, kSchema},
    {"feature_flag.variant", "feature_flag.result.variant", 32, kSchema},
    // It was a rename there until the names of gen_ai moved to a repository of their own in 1.42.0.
    {"gen_ai.openai.request.response_format", "gen_ai.output.type", 31, kWords},
    // Some values have other names, as az.ai.openai and azure.ai.openai.
    {"gen_ai.system", "gen_ai.provider.name", 37, kSchema},
    {"gen_ai.openai.request.seed", "gen_ai.request.seed", 30, kSchema},
    {"gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens", 27, kSchema},
    {"gen_ai.usage.completion_tokens", "gen_ai.usage.output_tokens", 27, kSchema},
    // The registry has the header content-length for the second one, whose values are lists of
    // texts; the schema has the body size, a number as it was.
    {"http.request_content_length_uncompressed", "http.request.body.size", 26, kRegistry},
    {"http.request_content_length", "http.request.body.size", 21, kSchema},
    {"http.method", "http.request.method", 21, kSchema},
    {"http.resend_count", "http.request.resend_count", 22, kSchema},
    {"http.retry_count", "http.resend_count", 15, kSchema},
    // As of the request.
    {"http.response_content_length_uncompressed", "http.response.body.size", 26, kRegistry},
    {"http.response_content_length", "http.response.body.size", 21, kSchema},
    {"http.status_code", "http.response.status_code", 21, kSchema},
    {"ios.state", "ios.app.state", 37, kSchema},
    {"rpc.jsonrpc.version", "jsonrpc.protocol.version", 39, kSchema},
    {"rpc.jsonrpc.request_id", "jsonrpc.request.id", 39, kSchema},
    {"messaging.client_id", "messaging.client.id", 26, kRegistry},
    {"messaging.kafka.client_id", "messaging.client_id", 21, kSchema},
    {"messaging.rocketmq.client_id", "messaging.client_id", 21, kSchema},
    {"messaging.eventhubs.consumer.group", "messaging.consumer.group.name", 27, kSchema},
    {"messaging.kafka.consumer.group", "messaging.consumer.group.name", 27, kSchema},
    {"messaging.rocketmq.client_group", "messaging.consumer.group.name", 27, kSchema},
    {"messaging.kafka.consumer_group", "messaging.kafka.consumer.group", 17, kSchema},
    {"messaging.consumer_id", "messaging.consumer.id", 17, kSchema},
    {"messaging.destination_kind", "messaging.destination.kind", 17, kSchema},
    {"messaging.destination", "messaging.destination.name", 17, kSchema},
    {"messaging.servicebus.destination.subscription_name",
     "messaging.destination.subscription.name", 27, kSchema},
    {"messaging.temp_destination", "messaging.destination.temporary", 17, kSchema},
    {"messaging.kafka.partition", "messaging.kafka.destination.partition", 17, kSchema},
    {"messaging.kafka.message_key", "messaging.kafka.message.key", 17, kSchema},
    {"messaging.kafka.tombstone", "messaging.kafka.message.tombstone", 17, kSchema},
    {"messaging.kafka.message.offset", "messaging.kafka.offset", 27, kSchema},
    {"messaging.message.payload_size_bytes", "messaging.message.body.size", 22, kSchema},
    {"messaging.message_payload_size_bytes", "messaging.message.payload_size_bytes", 17, kSchema},
    {"messaging.conversation_id", "messaging.message.conversation_id", 17, kSchema},
    {"messaging.message_id", "messaging.message.id", 17, kSchema},
    {"messaging.message_payload_compressed_size_bytes",
     "messaging.message.payload_compressed_size_bytes", 17, kSchema},
    // Some values have other names, as publish and send.
    {"messaging.operation", "messaging.operation.type", 25, kSchema},
    {"messaging.rabbitmq.routing_key", "messaging.rabbitmq.destination.routing_key", 17, kSchema},
    {"messaging.rocketmq.message_keys", "messaging.rocketmq.message.keys", 17, kSchema},
    {"messaging.rocketmq.message_tag", "messaging.rocketmq.message.tag", 17, kSchema},
    {"messaging.rocketmq.message_type", "messaging.rocketmq.message.type", 17, kSchema},
    {"net.host.carrier.icc", "network.carrier.icc", 21, kSchema},
    {"net.host.carrier.mcc", "network.carrier.mcc", 21, kSchema},
    {"net.host.carrier.mnc", "network.carrier.mnc", 21, kSchema},
    {"net.host.carrier.name", "network.carrier.name", 21, kSchema},
    {"net.host.connection.subtype", "network.connection.subtype", 21, kSchema},
    {"net.host.connection.type", "network.connection.type", 21, kSchema},
    // The schema of 1.21.0 has server.socket.address here, which was gone in 1.22.0.
    {"net.sock.host.addr", "network.local.address", 24, kRegistry},
    {"net.host.ip", "net.sock.host.addr", 13, kSchema},
    // As the address above.
    {"net.sock.host.port", "network.local.port", 24, kRegistry},
    {"net.sock.peer.addr", "network.peer.address", 24, kRegistry},
    {"net.peer.ip", "net.sock.peer.addr", 13, kSchema},
    {"net.sock.peer.port", "network.peer.port", 24, kRegistry},
    {"net.protocol.name", "network.protocol.name", 21, kSchema},
    {"net.app.protocol.name", "net.protocol.name", 20, kSchema},
    {"messaging.protocol", "net.app.protocol.name", 17, kSchema},
    // Split into network.protocol.name and .version. Its values are those of the version ("1.1";
    // "2.0" is "2" now), but for SPDY and QUIC.
    {"http.flavor", "network.protocol.version", 24, kWords},
    {"net.protocol.version", "network.protocol.version", 21, kSchema},
    {"net.app.protocol.version", "net.protocol.version", 20, kSchema},
    {"messaging.protocol_version", "net.app.protocol.version", 17, kSchema},
    // Some values have other names, as ip_tcp and tcp.
    {"net.transport", "network.transport", 24, kRegistry},
    {"gen_ai.openai.request.service_tier", "openai.request.service_tier", 37, kSchema},
    {"gen_ai.openai.response.service_tier", "openai.response.service_tier", 37, kSchema},
    {"gen_ai.openai.response.system_fingerprint", "openai.response.system_fingerprint", 37,
     kSchema},
    {"otel.library.name", "otel.scope.name", 25, kRegistry},
    {"otel.library.version", "otel.scope.version", 25, kRegistry},
    {"process.executable.build_id.profiling", "process.executable.build_id.htlhash", 29, kSchema},
    // The newer ones are old, too, without a successor.
    {"message.compressed_size", "rpc.message.compressed_size", 25, kSchema},
    {"message.id", "rpc.message.id", 25, kSchema},
    {"message.type", "rpc.message.type", 25, kSchema},
    {"message.uncompressed_size", "rpc.message.uncompressed_size", 25, kSchema},
    {"rpc.connect_rpc.error_code", "rpc.response.status_code", 39, kSchema},
    // Some values have other names, as apache_dubbo and dubbo.
    {"rpc.system", "rpc.system.name", 39, kSchema},
    {"tls.client.server_name", "server.address", 27, kSchema},
    {"http.server_name", "server.address", 26, kRegistry},
    // On client spans; on server spans, where few had it, it is client.address now. A name has one
    // place here, and this is the one that is asked for: which database, which service was called.
    {"net.peer.name", "server.address", 24, kWords},
    {"net.host.name", "server.address", 21, kSchema},
    // As net.peer.name. On old server spans it is the port of the client.
    {"net.peer.port", "server.port", 24, kWords},
    {"net.host.port", "server.port", 21, kSchema},
    {"net.sock.peer.name", "server.socket.domain", 21, kSchema},
    {"peer.service", "service.peer.name", 39, kSchema},
    {"telemetry.auto.version", "telemetry.distro.version", 22, kSchema},
    {"http.url", "url.full", 21, kSchema},
    {"http.scheme", "url.scheme", 21, kSchema},
    {"browser.user_agent", "user_agent.original", 19, kSchema},
    {"http.user_agent", "user_agent.original", 19, kSchema},
    {"vcs.repository.change.id", "vcs.change.id", 29, kSchema},
    {"vcs.repository.change.title", "vcs.change.title", 29, kSchema},
    {"vcs.repository.ref.name", "vcs.ref.head.name", 29, kSchema},
    {"vcs.repository.ref.revision", "vcs.ref.head.revision", 29, kSchema},
    {"vcs.repository.ref.type", "vcs.ref.head.type", 29, kSchema},
};

}  // namespace clew::model
