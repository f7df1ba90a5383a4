/* SPDX-License-Identifier: Apache-2.0 */
/* Unwind rows as they are made, in ascending order. */
#ifndef EMBERSCOPE_ROW_LIST_H
#define EMBERSCOPE_ROW_LIST_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "unwind_row.h"

namespace emberscope {

class RowList {
 public:
  /** `at` is above that of every row added before. @throws ObjectError EMALFORMED where there are too many */
  void add(uint32_t at, unwind_row row) {
    row.at = at;
    if (!rows_.empty() && same(rows_.back(), row)) return;
    if (rows_.size() == kMaxRows) too_many();
    rows_.push_back(row);
  }
  size_t size() const { return rows_.size(); }
  void cut(size_t size) { rows_.resize(size); }

  /** Code of which nothing is known: with a function of its own, or between functions. */
  static unwind_row unknown_function() { return {0, 0, 1, UNWIND_NONE}; }
  static unwind_row no_function() { return {0, 0, 0, UNWIND_NONE}; }
  /** Ends the list. `ret_unknown`: rows that say nothing of code with a function of its own. */
  std::vector<unwind_row> take(uint32_t* ret_unknown);

 private:
  // libLLVM has 0.9 M.
  static constexpr size_t kMaxRows = 8 << 20;
  static bool same(const unwind_row& a, const unwind_row& b) {
    return a.cfa == b.cfa && a.fp == b.fp && a.rule == b.rule;
  }
  [[noreturn]] static void too_many();

  std::vector<unwind_row> rows_;
};

}  // namespace emberscope

#endif
