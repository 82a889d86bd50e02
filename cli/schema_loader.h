// The schemas that a chart's values.schema.json names by URL, fetched as helm fetches them, in its
// words: http(s) by sluice-remote, files from the disk. Helm 4 takes a "urn:" for a schema that
// accepts everything.
#pragma once

#include "helm/schema.h"
#include "helm/version.h"
#include "process.h"

namespace sluice::cli {

// `processes` outlives what is returned; null: the system's. `program` is sluice-remote.
helm::SchemaLoader MakeSchemaLoader(helm::HelmVersion version, Processes* processes = nullptr,
                                    std::string program = Sibling("sluice-remote"));

}  // namespace sluice::cli
