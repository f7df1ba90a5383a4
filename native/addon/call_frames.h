/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of .eh_frame: functions (FDEs) and what several of them have in common (CIEs).
 * Format: Linux Standard Base 5.0, core, 10.6; DWARF 5, 6.4.1. Hostile input: nothing outside the section is read,
 * and each entry is read once.
 */
#ifndef EMBERSCOPE_CALL_FRAMES_H
#define EMBERSCOPE_CALL_FRAMES_H

#include <cstdint>
#include <vector>

#include "cursor.h"
#include "frame_state.h"

namespace emberscope {

/** A CIE. */
struct FrameDefaults {
  /** In the section, and where the section is loaded. */
  uint64_t offset = 0;
  uint64_t section_address = 0;
  /** Its functions' ranges can be read. */
  bool understood = false;
  /** Their instructions too. */
  bool usable = false;
  bool signal_frame = false;
  bool has_augmentation_length = false;
  /** DW_EH_PE_... of the functions' addresses. */
  uint8_t encoding = 0;
  uint64_t code_alignment = 1;
  int64_t data_alignment = 1;
  FrameState initial;
};

/** An FDE. */
struct FrameFunction {
  uint64_t address = 0;
  /** Bytes; 0: describes nothing. */
  uint64_t length = 0;
  /** Of its instructions, in the section. */
  uint32_t instructions = 0;
  uint32_t instructions_end = 0;
  /** For CallFrames::defaults. */
  uint32_t defaults = 0;
};

class CallFrames {
 public:
  /**
   * `bytes` are less than 4 GiB, loaded at `address`. `certain`: they are a section, not a guess of where one may
   * end: what is damaged there ends the entries instead.
   */
  CallFrames(std::vector<uint8_t> bytes, uint64_t address, bool certain);

  enum Entry { kFunction, kUnreadableFunction, kEnd, kDamaged };
  /** The next function, in the order of the section. */
  Entry next(FrameFunction* ret_function);

  const FrameDefaults& defaults(uint32_t index) const { return defaults_[index]; }
  Cursor instructions(uint32_t at, uint32_t end) const { return Cursor(view(), at, end); }

 private:
  Bytes view() const { return {bytes_.data(), bytes_.size()}; }
  void read_defaults(uint64_t offset, Cursor entry);
  /** false: there is no CIE at this place. */
  bool find_defaults(uint64_t offset, uint32_t* ret_index);
  bool read_function(Cursor entry, FrameFunction* function) const;

  std::vector<uint8_t> bytes_;
  uint64_t address_;
  bool certain_;
  uint64_t next_ = 0;
  /** By offset. */
  std::vector<FrameDefaults> defaults_;
  uint32_t last_found_ = 0;
};

/** An address as DW_EH_PE_... says. false: not readable from the object alone. */
bool read_encoded_address(Cursor* from, uint8_t encoding, uint64_t section_address, uint64_t* ret_address);

}  // namespace emberscope

#endif
