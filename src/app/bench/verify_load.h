#pragma once

#include "app/bench/load.h"
#include "app/bench/server_process.h"

namespace clew::app::bench {

/// Everything that was sent is accepted by the server, which has taken nothing else since it
/// started, and of remembered traces those that are looked at are found whole; else DATA_LOSS.
Status VerifyLoad(ServerProcess& server, const LoadResult& load);

}  // namespace clew::app::bench
