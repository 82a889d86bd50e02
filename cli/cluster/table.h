// Tables as `flux` prints them: upper-case headers, cells padded to the column's width, a tab after
// each.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace sluice::cli {

using Row = std::vector<std::string>;
// `header` empty: no header row.
void PrintTable(std::ostream& out, const Row& header, const std::vector<Row>& rows);

}  // namespace sluice::cli
