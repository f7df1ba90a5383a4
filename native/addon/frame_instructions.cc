/* SPDX-License-Identifier: Apache-2.0 */
#include "frame_instructions.h"

#include <limits>
#include <vector>

#include "call_frames.h"

namespace emberscope {
namespace {

// Compilers use one, hand-written code two or three.
constexpr size_t kMaxRemembered = 64;
// A distance that no row can hold, for what does not fit 64 bits.
constexpr int64_t kTooFar = std::numeric_limits<int64_t>::min();

enum Instruction : uint8_t {
  // These three have an operand in their lower six bits.
  kAdvanceLoc = 0x40,
  kOffset = 0x80,
  kRestore = 0xc0,
  kNop = 0x00,
  kSetLoc = 0x01,
  kAdvanceLoc1 = 0x02,
  kAdvanceLoc2 = 0x03,
  kAdvanceLoc4 = 0x04,
  kOffsetExtended = 0x05,
  kRestoreExtended = 0x06,
  kUndefined = 0x07,
  kSameValue = 0x08,
  kRegister = 0x09,
  kRememberState = 0x0a,
  kRestoreState = 0x0b,
  kDefCfa = 0x0c,
  kDefCfaRegister = 0x0d,
  kDefCfaOffset = 0x0e,
  kDefCfaExpression = 0x0f,
  kExpression = 0x10,
  kOffsetExtendedSf = 0x11,
  kDefCfaSf = 0x12,
  kDefCfaOffsetSf = 0x13,
  kValOffset = 0x14,
  kValOffsetSf = 0x15,
  kValExpression = 0x16,
  kAdvanceLoc8 = 0x1d,
  kWindowSave = 0x2d,
  kArgsSize = 0x2e,
  kNegativeOffsetExtended = 0x2f,
};

int64_t offset_of(uint64_t bytes) { return bytes <= INT64_MAX ? static_cast<int64_t>(bytes) : kTooFar; }

/** All that instructions change but the place in the code. */
class Machine {
 public:
  Machine(Cursor instructions, const FrameDefaults& defaults, const FrameState& initial)
      : code(instructions), state(initial), defaults_(defaults), initial_(initial) {}

  Cursor code;
  FrameState state;

  /** Carries out an instruction that does not move on. false: it is unknown or out of place. */
  bool carry_out(uint8_t instruction);

 private:
  int64_t factored(int64_t operand) const {
    int64_t bytes;
    return __builtin_mul_overflow(operand, defaults_.data_alignment, &bytes) ? kTooFar : bytes;
  }
  int64_t factored(uint64_t operand) const { return operand <= INT64_MAX ? factored(offset_of(operand)) : kTooFar; }
  Cursor block() {
    uint64_t length = code.uleb();
    return code.part(length);
  }
  void save(uint64_t number, SavedRegister::Kind kind, int64_t offset = 0) {
    if (SavedRegister* saved = state.saved(number)) *saved = {kind, offset, {}};
  }
  void save_at_expression(uint64_t number, SavedRegister::Kind kind, const Expression& place) {
    if (SavedRegister* saved = state.saved(number)) *saved = {kind, 0, place};
  }
  void restore(uint64_t number) {
    if (SavedRegister* saved = state.saved(number)) *saved = *initial_.saved(number);
  }
  void define_cfa(uint64_t number) {
    state.cfa_register = number;
    state.cfa_by_expression = false;
  }

  const FrameDefaults& defaults_;
  const FrameState& initial_;
  std::vector<FrameState> remembered_;
};

bool Machine::carry_out(uint8_t instruction) {
  uint64_t number;
  switch (instruction & 0xc0) {
    case kOffset:
      save(instruction & 0x3f, SavedRegister::kAtCfa, factored(code.uleb()));
      return true;
    case kRestore:
      restore(instruction & 0x3f);
      return true;
  }
  switch (instruction) {
    case kNop:
    // Of other machines: says nothing of where registers are.
    case kWindowSave:
      return true;
    case kOffsetExtended:
      number = code.uleb();
      save(number, SavedRegister::kAtCfa, factored(code.uleb()));
      return true;
    case kOffsetExtendedSf:
      number = code.uleb();
      save(number, SavedRegister::kAtCfa, factored(code.sleb()));
      return true;
    case kNegativeOffsetExtended: {
      number = code.uleb();
      int64_t bytes = factored(code.uleb());
      save(number, SavedRegister::kAtCfa, bytes == kTooFar ? kTooFar : -bytes);
      return true;
    }
    case kValOffset:
      number = code.uleb();
      save(number, SavedRegister::kIsCfa, factored(code.uleb()));
      return true;
    case kValOffsetSf:
      number = code.uleb();
      save(number, SavedRegister::kIsCfa, factored(code.sleb()));
      return true;
    case kRestoreExtended:
      restore(code.uleb());
      return true;
    case kUndefined:
      save(code.uleb(), SavedRegister::kUndefined);
      return true;
    case kSameValue:
      save(code.uleb(), SavedRegister::kSameValue);
      return true;
    case kRegister:
      number = code.uleb();
      save(number, code.uleb() == number ? SavedRegister::kSameValue : SavedRegister::kElsewhere);
      return true;
    case kExpression:
      number = code.uleb();
      save_at_expression(number, SavedRegister::kAtExpression, read_expression(block()));
      return true;
    case kValExpression:
      number = code.uleb();
      block();
      save(number, SavedRegister::kElsewhere);
      return true;
    case kRememberState:
      if (remembered_.size() == kMaxRemembered) return false;
      remembered_.push_back(state);
      return true;
    case kRestoreState:
      if (remembered_.empty()) return false;
      state = remembered_.back();
      remembered_.pop_back();
      return true;
    case kDefCfa:
      define_cfa(code.uleb());
      state.cfa_offset = offset_of(code.uleb());
      return true;
    case kDefCfaSf:
      define_cfa(code.uleb());
      state.cfa_offset = factored(code.sleb());
      return true;
    case kDefCfaRegister:
      define_cfa(code.uleb());
      return true;
    // An expression stays, as for GCC's unwinder.
    case kDefCfaOffset:
      state.cfa_offset = offset_of(code.uleb());
      return true;
    case kDefCfaOffsetSf:
      state.cfa_offset = factored(code.sleb());
      return true;
    case kDefCfaExpression:
      state.cfa = read_expression(block());
      state.cfa_by_expression = true;
      return true;
    case kArgsSize:
      code.uleb();
      return true;
    default:
      return false;
  }
}

/** Bytes to the next place in the code, from the one at `address`. false: the instruction does not move on. */
bool read_advance(uint8_t instruction, Cursor* code, const FrameDefaults& defaults, uint64_t address,
                  uint64_t* ret_distance) {
  uint64_t units;
  switch ((instruction & 0xc0) == kAdvanceLoc ? uint8_t{kAdvanceLoc} : instruction) {
    case kAdvanceLoc:
      units = instruction & 0x3f;
      break;
    case kAdvanceLoc1:
      units = code->u8();
      break;
    case kAdvanceLoc2:
      units = code->u16();
      break;
    case kAdvanceLoc4:
      units = code->u32();
      break;
    case kAdvanceLoc8:
      units = code->u64();
      break;
    case kSetLoc: {
      uint64_t to = address;
      bool readable = read_encoded_address(code, defaults.encoding, defaults.section_address, &to);
      if (!readable || to < address) code->fail();
      *ret_distance = to - address;
      return true;
    }
    default:
      return false;
  }
  if (__builtin_mul_overflow(units, defaults.code_alignment, ret_distance)) *ret_distance = UINT64_MAX;
  return true;
}

}  // namespace

bool read_initial_state(Cursor instructions, const FrameDefaults& defaults, FrameState* ret_state) {
  const FrameState nothing;
  Machine machine(instructions, defaults, nothing);
  while (machine.code.more()) {
    if (!machine.carry_out(machine.code.u8())) return false;
  }
  if (!machine.code.ok()) return false;
  *ret_state = machine.state;
  return true;
}

bool add_function_rows(Cursor instructions, const FrameDefaults& defaults, uint64_t address, uint32_t at,
                       uint32_t end, RowList* rows) {
  Machine machine(instructions, defaults, defaults.initial);
  uint64_t left = end - at;
  auto add_row = [&] {
    unwind_row row = row_of(machine.state, defaults.signal_frame);
    rows->add(end - static_cast<uint32_t>(left), row.rule == UNWIND_NONE ? RowList::unknown_function() : row);
  };
  while (machine.code.more()) {
    uint8_t instruction = machine.code.u8();
    uint64_t distance;
    if (!read_advance(instruction, &machine.code, defaults, address + (end - at - left), &distance)) {
      if (!machine.carry_out(instruction)) return false;
    } else if (distance > 0) {
      add_row();
      // What it says of code behind its end, or of another function's, is not asked for.
      if (distance >= left) return machine.code.ok();
      left -= distance;
    }
  }
  if (!machine.code.ok()) return false;
  add_row();
  return true;
}

}  // namespace emberscope
