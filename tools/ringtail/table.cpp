#include "table.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <numeric>
#include <sstream>

#include "printable.h"

namespace ringtail::cli {
namespace {

constexpr std::size_t kGap = 2;  // before every column
constexpr std::size_t kLeastCut = 12;

std::size_t sum_of(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0});
}

std::string padded(const std::string& cell, std::size_t width, Table::Align align) {
  const std::size_t taken = display_width(cell);
  const std::string space(width > taken ? width - taken : 0, ' ');
  return align == Table::Align::kLeft ? cell + space : space + cell;
}

}  // namespace

void Table::add(const std::vector<std::string>& cells) {
  assert(cells.size() == columns_.size());
  std::vector<std::string>& row = rows_.emplace_back();
  for (const std::string& cell : cells) row.push_back(printable(cell));
}

void Table::print(std::ostream& out, const Terminal& terminal) const {
  std::vector<std::size_t> widths;  // with the gap; 0 for a column that is left out
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width + kGap);
  }
  for (int rank = 2; rank > 0 && sum_of(widths) > terminal.width; --rank) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].rank == rank) widths[i] = 0;
    }
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t whole = sum_of(widths);
    if (whole <= terminal.width) break;
    if (i != 0 && columns_[i].align != Align::kLeft) continue;
    const std::size_t least = std::min(widths[i], kGap + kLeastCut);
    widths[i] = std::max(least, widths[i] - std::min(widths[i], whole - terminal.width));
  }

  const auto print_row = [&](const auto& cell_at, bool title) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] == 0) continue;
      line.append(kGap, ' ');
      line += padded(cut_to_width(cell_at(i), widths[i] - kGap), widths[i] - kGap, columns_[i].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << (title ? painted(line, Ink::kDim, terminal) : line) << '\n';
  };
  print_row([this](std::size_t i) -> const std::string& { return columns_[i].title; }, true);
  for (const auto& row : rows_) {
    print_row([&row](std::size_t i) -> const std::string& { return row[i]; }, false);
  }
}

void print_wrapped(std::ostream& out, const Terminal& terminal, const std::string& text, std::size_t indent,
                   std::optional<Ink> ink) {
  std::string line;
  const auto print_line = [&] {
    out << std::string(indent, ' ') << (ink ? painted(line, *ink, terminal) : line) << '\n';
    line.clear();
  };
  std::istringstream words(text);
  words.exceptions(std::ios::badbit);  // without memory there would be fewer of them
  for (std::string word; words >> word;) {
    // A number stays with its next digits and its unit.
    const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    std::string next = word;
    while (is_digit(next.front()) && is_digit(next.back()) && words >> next) word += " " + next;
    if (!line.empty() && indent + display_width(line) + 1 + display_width(word) > terminal.width) print_line();
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) print_line();
}

}  // namespace ringtail::cli
