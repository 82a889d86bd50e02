#include "cluster/table.h"

#include <algorithm>
#include <cctype>

namespace sluice::cli {
namespace {

void PrintRow(std::ostream& out, const Row& row, const std::vector<size_t>& widths) {
  for (size_t i = 0; i < row.size(); ++i)
    out << row[i] << std::string(widths[i] - row[i].size(), ' ') << '\t';
  out << '\n';
}

}  // namespace

void PrintTable(std::ostream& out, const Row& header, const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.empty() ? header.size() : rows[0].size());
  for (size_t i = 0; i < header.size(); ++i) widths[i] = header[i].size();
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  if (!header.empty()) {
    Row titles = header;
    for (auto& title : titles) {
      std::ranges::transform(title, title.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    }
    PrintRow(out, titles, widths);
  }
  for (const Row& row : rows) PrintRow(out, row, widths);
}

}  // namespace sluice::cli
