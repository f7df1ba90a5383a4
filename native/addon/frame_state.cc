/* SPDX-License-Identifier: Apache-2.0 */
#include "frame_state.h"

namespace emberscope {
namespace {

// DWARF 5, 7.7.1.
constexpr uint8_t kOpDeref = 0x06;
constexpr uint8_t kOpAnd = 0x1a;
constexpr uint8_t kOpPlus = 0x22;
constexpr uint8_t kOpPlusUconst = 0x23;
constexpr uint8_t kOpShl = 0x24;
constexpr uint8_t kOpGe = 0x2a;
constexpr uint8_t kOpLit0 = 0x30;
constexpr uint8_t kOpBreg0 = 0x70;

constexpr uint8_t literal(uint8_t value) { return kOpLit0 + value; }

constexpr unwind_row kNone = {0, 0, 0, UNWIND_NONE};

/** Rows count the CFA in words. */
bool fits_cfa(int64_t offset) { return offset % 8 == 0 && offset / 8 >= INT16_MIN && offset / 8 <= INT16_MAX; }

/** What ld writes for the stubs of .plt, after `breg7 offset`. */
bool is_linkage_stub(Cursor rest, uint64_t* threshold) {
  if (rest.u8() != kOpBreg0 + kReturnAddress || rest.sleb() != 0) return false;
  if (rest.u8() != literal(15) || rest.u8() != kOpAnd) return false;
  uint8_t least = rest.u8();
  if (least < literal(0) || least > literal(15) || rest.u8() != kOpGe) return false;
  *threshold = least - literal(0);
  return rest.u8() == literal(3) && rest.u8() == kOpShl && rest.u8() == kOpPlus && !rest.more() && rest.ok();
}

/** As when the function was called: only the return address is on the stack. */
bool is_at_return(const FrameState& state) {
  return !state.cfa_by_expression && state.cfa_register == kStackPointer && state.cfa_offset == 8;
}

/** The caller's frame pointer as struct unwind_row has it. false: not to be said. */
bool frame_pointer_of(const FrameState& state, s8* fp) {
  const SavedRegister& saved = state.frame_pointer;
  int64_t offset = saved.offset;
  switch (saved.kind) {
    // A value that is lost is not asked for again by code that was compiled.
    case SavedRegister::kUndefined:
    case SavedRegister::kUnspecified:
    case SavedRegister::kSameValue:
      *fp = 0;
      return true;
    case SavedRegister::kAtCfa:
      break;
    case SavedRegister::kAtExpression:
      if (saved.place.kind != Expression::kRegister) return false;
      if (saved.place.from == kFramePointer && saved.place.offset == 0) {
        // Where nothing is on the stack GCC has popped it, and says so no more before the function returns.
        *fp = is_at_return(state) ? 0 : UNWIND_FP_AT_FP;
        return true;
      }
      if (state.cfa_by_expression || state.cfa_register != saved.place.from) return false;
      if (!fits_cfa(saved.place.offset) || !fits_cfa(state.cfa_offset)) return false;
      offset = saved.place.offset - state.cfa_offset;
      break;
    default:
      return false;
  }
  // 0 and -128 have meanings of their own.
  if (offset % 8 != 0 || offset == 0 || offset / 8 <= INT8_MIN || offset / 8 > INT8_MAX) return false;
  *fp = static_cast<s8>(offset / 8);
  return true;
}

bool is_at(const SavedRegister& saved, uint64_t from, int64_t offset) {
  return saved.kind == SavedRegister::kAtExpression && saved.place.kind == Expression::kRegister &&
         saved.place.from == from && saved.place.offset == offset;
}

/** As libc describes the code to which its signal handlers return. */
bool is_signal(const FrameState& state) {
  const Expression& cfa = state.cfa;
  return state.cfa_by_expression && cfa.kind == Expression::kDereferenced && cfa.from == kStackPointer &&
         cfa.addend == 0 && fits_cfa(cfa.offset) && is_at(state.stack_pointer, kStackPointer, cfa.offset) &&
         is_at(state.return_address, kStackPointer, cfa.offset + 8) &&
         is_at(state.frame_pointer, kStackPointer, cfa.offset - 40);
}

}  // namespace

Expression read_expression(Cursor bytes) {
  Expression expression;
  uint8_t operation = bytes.u8();
  if (operation < kOpBreg0 || operation >= kOpBreg0 + 32) return expression;
  expression.from = operation - kOpBreg0;
  expression.offset = bytes.sleb();
  if (!bytes.ok()) return expression;
  if (!bytes.more()) {
    expression.kind = Expression::kRegister;
    return expression;
  }
  if (expression.from == kStackPointer && is_linkage_stub(bytes, &expression.addend)) {
    expression.kind = Expression::kLinkageStub;
    return expression;
  }
  if (bytes.u8() != kOpDeref) return expression;
  if (bytes.more()) {
    if (bytes.u8() != kOpPlusUconst) return expression;
    expression.addend = bytes.uleb();
  }
  if (bytes.ok() && !bytes.more()) expression.kind = Expression::kDereferenced;
  return expression;
}

unwind_row row_of(const FrameState& state, bool signal_frame) {
  if (state.return_address.kind == SavedRegister::kUndefined) return {0, 0, 0, UNWIND_OUTERMOST};
  if (signal_frame && is_signal(state)) return {0, static_cast<s16>(state.cfa.offset / 8), 0, UNWIND_SIGNAL};
  const SavedRegister& sp = state.stack_pointer;
  if (state.return_address.kind != SavedRegister::kAtCfa || state.return_address.offset != -8) return kNone;
  if (sp.kind != SavedRegister::kUnspecified && (sp.kind != SavedRegister::kIsCfa || sp.offset != 0)) return kNone;
  unwind_row row = kNone;
  if (!frame_pointer_of(state, &row.fp)) return kNone;

  Expression cfa{Expression::kRegister, state.cfa_register, state.cfa_offset, 0};
  if (state.cfa_by_expression) cfa = state.cfa;
  if (!fits_cfa(cfa.offset) || (cfa.from != kStackPointer && cfa.from != kFramePointer)) return kNone;
  bool by_stack_pointer = cfa.from == kStackPointer;
  row.cfa = static_cast<s16>(cfa.offset / 8);
  switch (cfa.kind) {
    case Expression::kRegister:
      row.rule = by_stack_pointer ? UNWIND_SP : UNWIND_FP;
      return row;
    case Expression::kDereferenced:
      if (cfa.addend == 0) row.rule = by_stack_pointer ? UNWIND_SP_DEREF : UNWIND_FP_DEREF;
      else if (cfa.addend == 8) row.rule = by_stack_pointer ? UNWIND_SP_DEREF_8 : UNWIND_FP_DEREF_8;
      else return kNone;
      return row;
    case Expression::kLinkageStub:
      if (row.fp != 0) return kNone;
      row.fp = static_cast<s8>(cfa.addend);
      row.rule = UNWIND_PLT;
      return row;
    default:
      return kNone;
  }
}

}  // namespace emberscope
