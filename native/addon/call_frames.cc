/* SPDX-License-Identifier: Apache-2.0 */
#include "call_frames.h"

namespace emberscope {
namespace {

enum : uint8_t {
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
  kGnuArgsSize = 0x2e,
  kGnuNegativeOffsetExtended = 0x2f,
  /* The upper two bits. */
  kAdvanceLoc = 0x40,
  kOffset = 0x80,
  kRestore = 0xc0,
};

// Compilers nest them two deep.
constexpr size_t kMaxRemembered = 64;

/** Wraps, as a hostile factor may make it; what does not fit a row is no rule. */
int64_t factored(uint64_t value, int64_t alignment) {
  return static_cast<int64_t>(value * static_cast<uint64_t>(alignment));
}

RegisterRule at_cfa(int64_t offset) { return {RegisterRule::kAtCfa, offset, {}}; }

}  // namespace

CallFrameMachine::CallFrameMachine(Bytes frames, FrameBytes instructions, const CommonEntry& common, uint64_t start,
                                   const FrameRules& initial)
    : cursor_(frames, instructions.at, instructions.end),
      common_(common),
      initial_(initial),
      rules_(initial),
      address_(start) {}

bool CallFrameMachine::next() {
  address_ += pending_;
  pending_ = 0;
  while (cursor_.more() && !damaged_) {
    if (step()) return true;
  }
  if (!cursor_.ok()) damaged_ = true;
  return false;
}

void CallFrameMachine::advance(uint64_t delta) { pending_ = delta * common_.code_alignment; }

void CallFrameMachine::set(uint64_t number, const RegisterRule& rule) {
  if (number == kFramePointer) rules_.frame_pointer = rule;
  if (number == kReturnAddress) rules_.return_address = rule;
}

void CallFrameMachine::restore(uint64_t number) {
  if (number == kFramePointer) rules_.frame_pointer = initial_.frame_pointer;
  if (number == kReturnAddress) rules_.return_address = initial_.return_address;
}

FrameBytes CallFrameMachine::block() {
  uint64_t length = cursor_.uleb();
  FrameBytes bytes{cursor_.at(), cursor_.at() + std::min(length, cursor_.left())};
  cursor_.skip(length);
  return bytes;
}

bool CallFrameMachine::step() {
  uint8_t opcode = cursor_.u8();
  uint8_t operand = opcode & 0x3f;
  switch (opcode & 0xc0) {
    case kAdvanceLoc:
      advance(operand);
      break;
    case kOffset:
      set(operand, at_cfa(factored(cursor_.uleb(), common_.data_alignment)));
      break;
    case kRestore:
      restore(operand);
      break;
    default:
      step_extended(opcode);
  }
  return pending_ != 0;
}

void CallFrameMachine::step_extended(uint8_t opcode) {
  uint64_t number;
  switch (opcode) {
    case kNop:
      break;
    case kAdvanceLoc1:
      return advance(cursor_.u8());
    case kAdvanceLoc2:
      return advance(cursor_.u16());
    case kAdvanceLoc4:
      return advance(cursor_.u32());
    case kOffsetExtended:
      number = cursor_.uleb();
      return set(number, at_cfa(factored(cursor_.uleb(), common_.data_alignment)));
    case kOffsetExtendedSf:
      number = cursor_.uleb();
      return set(number, at_cfa(factored(static_cast<uint64_t>(cursor_.sleb()), common_.data_alignment)));
    case kGnuNegativeOffsetExtended:
      number = cursor_.uleb();
      return set(number, at_cfa(-factored(cursor_.uleb(), common_.data_alignment)));
    case kRestoreExtended:
      return restore(cursor_.uleb());
    case kUndefined:
      return set(cursor_.uleb(), {RegisterRule::kUndefined, 0, {}});
    case kSameValue:
      return set(cursor_.uleb(), {});
    case kRegister:
      number = cursor_.uleb();
      cursor_.uleb();
      return set(number, {RegisterRule::kElsewhere, 0, {}});
    case kRememberState:
      if (remembered_.size() == kMaxRemembered) damaged_ = true;
      else remembered_.push_back(rules_);
      break;
    case kRestoreState:
      if (remembered_.empty()) {
        damaged_ = true;
        break;
      }
      rules_ = remembered_.back();
      remembered_.pop_back();
      break;
    case kDefCfa:
      rules_.cfa_is_expression = false;
      rules_.cfa_register = cursor_.uleb();
      rules_.cfa_offset = static_cast<int64_t>(cursor_.uleb());
      break;
    case kDefCfaSf:
      rules_.cfa_is_expression = false;
      rules_.cfa_register = cursor_.uleb();
      rules_.cfa_offset = factored(static_cast<uint64_t>(cursor_.sleb()), common_.data_alignment);
      break;
    case kDefCfaRegister:
      // After an expression it would be a register without an offset.
      if (rules_.cfa_is_expression) rules_.cfa_offset = 0;
      rules_.cfa_is_expression = false;
      rules_.cfa_register = cursor_.uleb();
      break;
    case kDefCfaOffset:
      rules_.cfa_offset = static_cast<int64_t>(cursor_.uleb());
      break;
    case kDefCfaOffsetSf:
      rules_.cfa_offset = factored(static_cast<uint64_t>(cursor_.sleb()), common_.data_alignment);
      break;
    case kDefCfaExpression:
      rules_.cfa_is_expression = true;
      rules_.cfa_expression = block();
      break;
    case kExpression:
      number = cursor_.uleb();
      return set(number, {RegisterRule::kExpression, 0, block()});
    case kValOffset:
    case kValOffsetSf:
      number = cursor_.uleb();
      cursor_.uleb();
      return set(number, {RegisterRule::kElsewhere, 0, {}});
    case kValExpression:
      number = cursor_.uleb();
      block();
      return set(number, {RegisterRule::kElsewhere, 0, {}});
    case kGnuArgsSize:
      cursor_.uleb();
      break;
    default:
      // DW_CFA_set_loc, which nobody writes, and what is unknown: its operands cannot be skipped.
      damaged_ = true;
  }
}

bool run_initial_instructions(Bytes frames, FrameBytes instructions, CommonEntry* common) {
  CallFrameMachine machine(frames, instructions, *common, 0, common->initial);
  while (machine.next()) {
  }
  if (machine.damaged()) return false;
  common->initial = machine.rules();
  return true;
}

}  // namespace emberscope
