/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What call frame instructions say about one place of the code, kept to what an unwind row can hold: the CFA and
 * three registers. Registers by their DWARF numbers: System V ABI for AMD64, figure 3.36.
 */
#ifndef EMBERSCOPE_FRAME_STATE_H
#define EMBERSCOPE_FRAME_STATE_H

#include <utility>

#include "cursor.h"
#include "unwind_row.h"

namespace emberscope {

constexpr uint64_t kFramePointer = 6;
constexpr uint64_t kStackPointer = 7;
constexpr uint64_t kReturnAddress = 16;

/** An expression, as far as one is understood. Offsets in bytes. */
struct Expression {
  enum Kind : uint8_t {
    kUnknown,
    /** register + offset */
    kRegister,
    /** *(register + offset) + addend */
    kDereferenced,
    /** sp + offset + ((ip & 15) >= addend ? 8 : 0): the stubs of a procedure linkage table */
    kLinkageStub,
  };
  Kind kind = kUnknown;
  uint64_t from = 0;
  int64_t offset = 0;
  uint64_t addend = 0;
};

Expression read_expression(Cursor bytes);

/** Where the caller's value of a register is. */
struct SavedRegister {
  enum Kind : uint8_t {
    kUnspecified,
    kSameValue,
    kUndefined,
    /** at CFA + offset */
    kAtCfa,
    /** is CFA + offset */
    kIsCfa,
    /** where an expression leads to */
    kAtExpression,
    kElsewhere,
  };
  Kind kind = kUnspecified;
  int64_t offset = 0;
  Expression place;
};

struct FrameState {
  /** CFA = this register + bytes, unless there is an expression. */
  uint64_t cfa_register = UINT64_MAX;
  int64_t cfa_offset = 0;
  bool cfa_by_expression = false;
  Expression cfa;
  SavedRegister frame_pointer;
  SavedRegister stack_pointer;
  SavedRegister return_address;

  /** nullptr for a register that no row can restore. */
  const SavedRegister* saved(uint64_t number) const {
    switch (number) {
      case kFramePointer:
        return &frame_pointer;
      case kStackPointer:
        return &stack_pointer;
      case kReturnAddress:
        return &return_address;
      default:
        return nullptr;
    }
  }
  SavedRegister* saved(uint64_t number) {
    return const_cast<SavedRegister*>(std::as_const(*this).saved(number));
  }
};

/** The row for this state; `at` is 0, and the rule UNWIND_NONE where no row says it. */
unwind_row row_of(const FrameState& state, bool signal_frame);

}  // namespace emberscope

#endif
