// tools/ringtail/table.h
//
// Rows under titles, aligned, within the width of the terminal.
//
//     Table table({{"operation", Table::Align::kLeft}, {"count"}, {"total"}, {"mean", {}, 1}});
//     table.add({"matmul", "1 200", "1.92 s", "1.60 ms"});
//     table.print(out, terminal);
//
// When the rows are too wide, columns of rank 2 are left out, then those of rank 1, then the first column and those
// aligned left are cut one after the other, to no less than twelve.
#pragma once

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "terminal.h"

namespace ringtail::cli {

class Table {
 public:
  enum class Align { kRight, kLeft };
  struct Column {
    std::string title;
    Align align = Align::kRight;
    int rank = 0;  // 0: always shown
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Cells are made printable here.
  // Requires: a cell per column.
  void add(const std::vector<std::string>& cells);

  // Lines begin with two spaces and have none at their end.
  void print(std::ostream& out, const Terminal& terminal) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Words of printable text, in lines of at most the terminal's width that begin with `indent` spaces.
void print_wrapped(std::ostream& out, const Terminal& terminal, const std::string& text, std::size_t indent,
                   std::optional<Ink> ink = std::nullopt);

}  // namespace ringtail::cli
