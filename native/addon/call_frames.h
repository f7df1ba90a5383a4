/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call frame instructions, run: what .eh_frame says of one function, as rules for the CFA, the frame pointer and the
 * return address. Format: DWARF 5, 6.4; Linux Standard Base, "Exception Frames"; x86-64 psABI, table 3.36 (registers).
 */
#ifndef EMBERSCOPE_CALL_FRAMES_H
#define EMBERSCOPE_CALL_FRAMES_H

#include <vector>

#include "cursor.h"

namespace emberscope {

/** Registers of x86-64 by their DWARF numbers. */
enum : uint64_t { kFramePointer = 6, kStackPointer = 7, kReturnAddress = 16 };

/** A part of .eh_frame: [at, end). */
struct FrameBytes {
  uint64_t at = 0;
  uint64_t end = 0;
};

/** Where the caller's value of a register is. */
struct RegisterRule {
  enum Kind { kUnchanged, kUndefined, kAtCfa, kExpression, kElsewhere };
  Kind kind = kUnchanged;
  /** kAtCfa: bytes from the CFA. */
  int64_t offset = 0;
  /** kExpression: gives the address. */
  FrameBytes expression;
};

struct FrameRules {
  /** The CFA is register + offset, or the value of an expression. */
  bool cfa_is_expression = false;
  uint64_t cfa_register = kStackPointer;
  int64_t cfa_offset = 0;
  FrameBytes cfa_expression;
  RegisterRule frame_pointer;
  RegisterRule return_address;
};

/** What is common to the functions of a unit. */
struct CommonEntry {
  uint64_t code_alignment = 1;
  int64_t data_alignment = 1;
  /** DW_EH_PE_ of pointers in its functions. */
  uint8_t pointer_encoding = 0;
  /** Functions have augmentation data. */
  bool has_augmentation = false;
  FrameRules initial;
};

/** Runs the instructions of a common entry, which describe no place. Returns false when they are damaged. */
bool run_initial_instructions(Bytes frames, FrameBytes instructions, CommonEntry* common);

/** The rules of one function, place after place. */
class CallFrameMachine {
 public:
  CallFrameMachine(Bytes frames, FrameBytes instructions, const CommonEntry& common, uint64_t start,
                   const FrameRules& initial);

  /** Goes to where rules begin that were not told yet, and runs all that holds there. False: they are the last. */
  bool next();
  /** Where they begin, and what they are. */
  uint64_t address() const { return address_; }
  const FrameRules& rules() const { return rules_; }
  /** Bytes for which they hold; 0: up to the end of the function. */
  uint64_t pending() const { return pending_; }
  bool damaged() const { return damaged_; }

 private:
  /** True when it has led to another place. */
  bool step();
  void step_extended(uint8_t opcode);
  void advance(uint64_t delta);
  void set(uint64_t number, const RegisterRule& rule);
  void restore(uint64_t number);
  FrameBytes block();

  Cursor cursor_;
  const CommonEntry& common_;
  const FrameRules initial_;
  FrameRules rules_;
  std::vector<FrameRules> remembered_;
  uint64_t address_;
  uint64_t pending_ = 0;
  bool damaged_ = false;
};

}  // namespace emberscope

#endif
