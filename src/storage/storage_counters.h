#pragma once

#include "storage/storage.h"

namespace clew::storage {

/// What the store counts and shows of itself.
struct Storage::Counters {
  explicit Counters(base::Metrics& metrics)
      : appended_spans(metrics.Counter("clew_storage_appended_spans",
                                       "Spans that were made durable and searchable.")),
        refused_head_full(metrics.Counter("clew_storage_refused_spans",
                                          "Spans refused by the store, by reason.",
                                          {{"reason", "head_full"}})),
        refused_log(metrics.Counter("clew_storage_refused_spans",
                                    "Spans refused by the store, by reason.", {{"reason", "log"}})),
        refused_malformed(metrics.Counter("clew_storage_refused_spans",
                                          "Spans refused by the store, by reason.",
                                          {{"reason", "malformed"}})),
        refused_tenants(metrics.Counter("clew_storage_refused_spans",
                                        "Spans refused by the store, by reason.",
                                        {{"reason", "tenants"}})),
        refused_too_large(metrics.Counter("clew_storage_refused_spans",
                                          "Spans refused by the store, by reason.",
                                          {{"reason", "too_large"}})),
        tenants(metrics.Gauge("clew_storage_tenants", "Tenants that have spans here.")),
        tenants_limit(metrics.Gauge("clew_storage_tenants_limit",
                                    "Tenants past which further ones are refused.")),
        failed_maintenance(metrics.Counter("clew_storage_maintenance_failures",
                                           "Times that sealing, writing or deleting failed.")),
        unreadable(metrics.Counter("clew_storage_unreadable_sources",
                                   "Times that a query left out stored spans it could not read.")),
        lost_log_bytes(metrics.Gauge("clew_storage_lost_log_bytes",
                                     "Bytes that the log lost before they were in a block, found "
                                     "since the store was opened: answers say so.")),
        fresh_spans(metrics.Gauge("clew_head_fresh_spans", "Spans in fresh batches in memory.")),
        fresh_bytes(metrics.Gauge("clew_head_fresh_bytes", "Memory of fresh batches.")),
        fresh_batches(metrics.Gauge("clew_head_fresh_batches", "Fresh batches in memory.")),
        sealed_spans(
            metrics.Gauge("clew_head_sealed_spans", "Spans in sealed row groups in memory.")),
        sealed_bytes(metrics.Gauge("clew_head_sealed_bytes", "Memory of sealed row groups.")),
        waiting_blocks(metrics.Gauge("clew_storage_waiting_blocks",
                                     "Sealed blocks in memory that wait to be written.")),
        waiting_bytes(metrics.Gauge("clew_storage_waiting_bytes",
                                    "Memory of sealed blocks that wait to be written.")),
        spilled_blocks(metrics.Gauge("clew_storage_spilled_blocks",
                                     "Sealed blocks that wait to be written, laid aside on disk.")),
        spilled_spans(metrics.Gauge("clew_storage_spilled_spans",
                                    "Spans of sealed blocks that are laid aside on disk.")),
        spilled_bytes(metrics.Gauge("clew_storage_spilled_bytes",
                                    "Size of sealed blocks that are laid aside on disk.")),
        lost_waiting_blocks(
            metrics.Gauge("clew_storage_lost_waiting_blocks",
                          "Sealed blocks laid aside on disk that cannot be read there, until "
                          "their spans are read again from the log.")),
        lost_copies(metrics.Counter("clew_storage_lost_waiting_copies",
                                    "Times that a sealed block laid aside on disk could not be "
                                    "read there, and its spans had to be read again from the "
                                    "log.")),
        waiting_disk_bytes(
            metrics.Gauge("clew_storage_waiting_disk_bytes",
                          "Size of all that lies where blocks are laid aside on disk, with what "
                          "is not needed any more and could not be deleted yet.")),
        blocks(metrics.Gauge("clew_blocks", "Blocks that queries see.")),
        block_spans(metrics.Gauge("clew_block_spans", "Spans in blocks, duplicates included.")),
        block_bytes(metrics.Gauge("clew_block_bytes", "Size of all blocks.")) {}

  prometheus::Counter& appended_spans;
  prometheus::Counter& refused_head_full;
  prometheus::Counter& refused_log;
  prometheus::Counter& refused_malformed;
  prometheus::Counter& refused_tenants;
  prometheus::Counter& refused_too_large;
  prometheus::Gauge& tenants;
  prometheus::Gauge& tenants_limit;
  prometheus::Counter& failed_maintenance;
  prometheus::Counter& unreadable;
  prometheus::Gauge& lost_log_bytes;
  prometheus::Gauge& fresh_spans;
  prometheus::Gauge& fresh_bytes;
  prometheus::Gauge& fresh_batches;
  prometheus::Gauge& sealed_spans;
  prometheus::Gauge& sealed_bytes;
  prometheus::Gauge& waiting_blocks;
  prometheus::Gauge& waiting_bytes;
  prometheus::Gauge& spilled_blocks;
  prometheus::Gauge& spilled_spans;
  prometheus::Gauge& spilled_bytes;
  prometheus::Gauge& lost_waiting_blocks;
  prometheus::Counter& lost_copies;
  prometheus::Gauge& waiting_disk_bytes;
  prometheus::Gauge& blocks;
  prometheus::Gauge& block_spans;
  prometheus::Gauge& block_bytes;
};

}  // namespace clew::storage
