// From read layers to accounts. Internal to images/audit.
#pragma once

#include <vector>

#include "images/audit/audit.h"

namespace frostbyte::audit {

/// Describes the layers, merges them and sums everything but transfer and tar. Takes the scans' records.
void keep_accounts(Audit& audit, const std::vector<oci::Layer>& layers, std::vector<Scan>& scans,
                   const AuditOptions& options);

}  // namespace frostbyte::audit
