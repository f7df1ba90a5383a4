/* SPDX-License-Identifier: Apache-2.0 */
#include "unwind_rows.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "call_frames.h"
#include "object_error.h"

namespace emberscope {
namespace {

// Chromium's has 30 MB; WIRE_MAX_ROWS.
constexpr uint64_t kMaxFrameBytes = 256ull << 20;
constexpr size_t kMaxRows = size_t{1} << 23;
// Nothing runs in the padding between functions.
constexpr uint64_t kPadding = 16;
// An entry without a description is some ten instructions of assembly.
constexpr uint64_t kMaxEntryBytes = 256;

enum : uint8_t { kPcRelative = 0x10, kIndirect = 0x80, kOmitted = 0xff };
enum : uint8_t { kOpDeref = 0x06, kOpAnd = 0x1a, kOpPlus = 0x22, kOpShl = 0x24, kOpGe = 0x2a, kOpLit0 = 0x30, kOpBreg0 = 0x70 };

/** Where .eh_frame lies: its bytes and the address of the first. */
struct FrameSection {
  std::vector<uint8_t> bytes;
  uint64_t address = 0;
  Bytes view() const { return {bytes.data(), bytes.size()}; }
};

struct Function {
  /** File offsets. */
  uint64_t start;
  uint64_t end;
  /** Offset of the record, so that equal starts have an order. */
  uint64_t record;
  /** Index of its common entry; -1: the entry of a program that nothing describes. */
  int32_t common;
  FrameBytes instructions;
};

/** A DW_EH_PE_ pointer. Returns false for what is not understood. */
bool read_pointer(Cursor* cursor, uint8_t encoding, uint64_t section_address, uint64_t* ret_value) {
  uint64_t base = 0;
  if (encoding == kOmitted || encoding & kIndirect) return false;
  if ((encoding & 0x70) == kPcRelative) base = section_address + cursor->at();
  else if ((encoding & 0x70) != 0) return false;
  switch (encoding & 0x0f) {
    case 0x00:
    case 0x04:
    case 0x0c:
      *ret_value = base + cursor->u64();
      break;
    case 0x01:
      *ret_value = base + cursor->uleb();
      break;
    case 0x02:
      *ret_value = base + cursor->u16();
      break;
    case 0x03:
      *ret_value = base + cursor->u32();
      break;
    case 0x09:
      *ret_value = base + static_cast<uint64_t>(cursor->sleb());
      break;
    case 0x0a:
      *ret_value = base + static_cast<uint64_t>(static_cast<int16_t>(cursor->u16()));
      break;
    case 0x0b:
      *ret_value = base + static_cast<uint64_t>(static_cast<int32_t>(cursor->u32()));
      break;
    default:
      return false;
  }
  return cursor->ok();
}

/** `breg<number> offset` and nothing else, or up to where `cursor` then is. */
bool reads_register(Cursor* cursor, uint64_t number, int64_t* ret_offset) {
  if (cursor->u8() != kOpBreg0 + number) return false;
  *ret_offset = cursor->sleb();
  return cursor->ok();
}

bool is_register_plus(Bytes frames, FrameBytes expression, uint64_t number, int64_t* ret_offset) {
  Cursor cursor(frames, expression.at, expression.end);
  return reads_register(&cursor, number, ret_offset) && !cursor.more();
}

bool is_register_deref(Bytes frames, FrameBytes expression, uint64_t number, int64_t* ret_offset) {
  Cursor cursor(frames, expression.at, expression.end);
  return reads_register(&cursor, number, ret_offset) && cursor.u8() == kOpDeref && cursor.ok() && !cursor.more();
}

/** What linkers write of procedure linkage tables: rsp + 8 + ((rip & 15) >= threshold) * 8. */
bool is_linkage_table(Bytes frames, FrameBytes expression, int64_t* ret_offset, uint8_t* ret_threshold) {
  Cursor cursor(frames, expression.at, expression.end);
  int64_t zero;
  if (!reads_register(&cursor, kStackPointer, ret_offset) || !reads_register(&cursor, kReturnAddress, &zero) || zero != 0) {
    return false;
  }
  if (cursor.u8() != kOpLit0 + 15 || cursor.u8() != kOpAnd) return false;
  uint8_t threshold = cursor.u8();
  if (threshold < kOpLit0 || threshold > kOpLit0 + 15 || cursor.u8() != kOpGe) return false;
  *ret_threshold = threshold - kOpLit0;
  return cursor.u8() == kOpLit0 + 3 && cursor.u8() == kOpShl && cursor.u8() == kOpPlus && cursor.ok() && !cursor.more();
}

/** Sets the row's cfa, in words of 8 bytes. */
bool set_cfa(int64_t bytes, unwind_row* row) {
  if (bytes % 8 != 0 || bytes / 8 < std::numeric_limits<s16>::min() || bytes / 8 > std::numeric_limits<s16>::max()) {
    return false;
  }
  row->cfa = static_cast<s16>(bytes / 8);
  return true;
}

/** The frame that a signal interrupted, as the C library's __restore_rt describes it. */
bool is_signal_frame(Bytes frames, const FrameRules& rules, unwind_row* row) {
  int64_t sp, ip, fp;
  return rules.cfa_is_expression && rules.return_address.kind == RegisterRule::kExpression &&
         rules.frame_pointer.kind == RegisterRule::kExpression &&
         is_register_deref(frames, rules.cfa_expression, kStackPointer, &sp) &&
         is_register_plus(frames, rules.return_address.expression, kStackPointer, &ip) &&
         is_register_plus(frames, rules.frame_pointer.expression, kStackPointer, &fp) && ip - 8 == sp && fp + 40 == sp &&
         set_cfa(sp, row);
}

bool set_frame_pointer(Bytes frames, const RegisterRule& rule, unwind_row* row) {
  int64_t offset;
  switch (rule.kind) {
    case RegisterRule::kUnchanged:
    case RegisterRule::kUndefined:
      row->fp = 0;
      return true;
    case RegisterRule::kAtCfa:
      offset = rule.offset;
      if (offset % 8 != 0 || offset == 0 || offset / 8 <= UNWIND_FP_AT_FP || offset / 8 > std::numeric_limits<s8>::max()) {
        return false;
      }
      row->fp = static_cast<s8>(offset / 8);
      return true;
    case RegisterRule::kExpression:
      row->fp = UNWIND_FP_AT_FP;
      return is_register_plus(frames, rule.expression, kFramePointer, &offset) && offset == 0;
    default:
      return false;
  }
}

bool set_rule(Bytes frames, const FrameRules& rules, unwind_row* row) {
  int64_t offset;
  uint8_t threshold;
  if (rules.return_address.kind == RegisterRule::kExpression) {
    row->rule = UNWIND_SIGNAL;
    return is_signal_frame(frames, rules, row);
  }
  if (rules.return_address.kind != RegisterRule::kAtCfa || rules.return_address.offset != -8) return false;
  if (!set_frame_pointer(frames, rules.frame_pointer, row)) return false;
  if (!rules.cfa_is_expression) {
    row->rule = rules.cfa_register == kStackPointer ? UNWIND_SP : UNWIND_FP;
    return (rules.cfa_register == kStackPointer || rules.cfa_register == kFramePointer) && set_cfa(rules.cfa_offset, row);
  }
  if (is_register_deref(frames, rules.cfa_expression, kStackPointer, &offset)) {
    row->rule = UNWIND_SP_DEREF;
    return set_cfa(offset, row);
  }
  if (is_register_deref(frames, rules.cfa_expression, kFramePointer, &offset)) {
    row->rule = UNWIND_FP_DEREF;
    return set_cfa(offset, row);
  }
  if (row->fp == 0 && is_linkage_table(frames, rules.cfa_expression, &offset, &threshold)) {
    row->rule = UNWIND_PLT;
    row->fp = static_cast<s8>(threshold);
    return set_cfa(offset, row);
  }
  return false;
}

unwind_row row_of(Bytes frames, const FrameRules& rules) {
  unwind_row row = {};
  if (rules.return_address.kind == RegisterRule::kUndefined) {
    row.rule = UNWIND_OUTERMOST;
    return row;
  }
  return set_rule(frames, rules, &row) ? row : unwind_row{};
}

class Compiler {
 public:
  Compiler(const ElfFile& file, FrameSection section) : file_(file), section_(std::move(section)) {}

  UnwindRows compile() {
    read_records();
    describe_entry();
    std::sort(functions_.begin(), functions_.end(), [](const Function& a, const Function& b) {
      return a.start != b.start ? a.start < b.start : a.record < b.record;
    });
    for (size_t i = 0; i < functions_.size(); i++) {
      // Of two that overlap the later one counts from its start on; of two at the same place, the first.
      if (i > 0 && functions_[i].start == functions_[i - 1].start) continue;
      size_t next = i + 1;
      while (next < functions_.size() && functions_[next].start == functions_[i].start) next++;
      add_function(functions_[i], next < functions_.size() ? functions_[next].start : UINT64_MAX);
    }
    return std::move(result_);
  }

 private:
  void read_records() {
    Cursor cursor(section_.view());
    while (cursor.more()) {
      uint64_t record = cursor.at();
      uint64_t length = cursor.u32();
      if (length == 0xffffffff) length = cursor.u64();
      if (length == 0 || length > cursor.left()) break;
      uint64_t id_at = cursor.at(), end = id_at + length;
      uint32_t id = cursor.u32();
      if (id != 0 && cursor.ok()) {
        result_.functions++;
        if (!read_function(record, id_at, id, end)) result_.refused++;
      }
      cursor = Cursor(section_.view(), end);
    }
  }

  bool read_function(uint64_t record, uint64_t id_at, uint32_t id, uint64_t end) {
    int32_t common = id <= id_at ? common_entry(id_at - id) : -1;
    if (common < 0) return false;
    const CommonEntry& entry = commons_[static_cast<size_t>(common)];
    Cursor cursor(section_.view(), id_at + sizeof id, end);
    uint64_t start, length;
    if (!read_pointer(&cursor, entry.pointer_encoding, section_.address, &start) ||
        !read_pointer(&cursor, entry.pointer_encoding & 0x0f, 0, &length)) {
      return false;
    }
    if (entry.has_augmentation) cursor.skip(cursor.uleb());
    // What a linker left out is described as code at address 0.
    std::optional<uint64_t> offset = file_.code_offset_of(start);
    if (!cursor.ok() || length == 0 || !offset || *offset >= ROW_UNUSED || length > ROW_UNUSED - *offset) return false;
    functions_.push_back({*offset, *offset + length, record, common, {cursor.at(), end}});
    return true;
  }

  /** Index of the entry at this place of the section; -1: not understood. */
  int32_t common_entry(uint64_t at) {
    auto [known, added] = common_at_.try_emplace(at, -1);
    CommonEntry entry;
    if (added && read_common(at, &entry)) {
      known->second = static_cast<int32_t>(commons_.size());
      commons_.push_back(entry);
    }
    return known->second;
  }

  bool read_common(uint64_t at, CommonEntry* entry) {
    Cursor cursor(section_.view(), at);
    uint64_t length = cursor.u32();
    if (length == 0xffffffff) length = cursor.u64();
    if (length > cursor.left()) return false;
    cursor.narrow(cursor.at() + length);
    uint32_t id = cursor.u32();
    uint8_t version = cursor.u8();
    std::string_view augmentation = cursor.text();
    entry->code_alignment = cursor.uleb();
    entry->data_alignment = cursor.sleb();
    uint64_t return_register = version == 1 ? cursor.u8() : cursor.uleb();
    if (!cursor.ok() || id != 0 || (version != 1 && version != 3) || return_register != kReturnAddress) return false;
    if (!augmentation.empty() && !read_augmentation(augmentation, &cursor, entry)) return false;
    entry->initial.return_address = {RegisterRule::kElsewhere, 0, {}};
    return run_initial_instructions(section_.view(), {cursor.at(), cursor.end()}, entry);
  }

  /** Leaves the cursor behind it. */
  bool read_augmentation(std::string_view augmentation, Cursor* cursor, CommonEntry* entry) {
    if (augmentation[0] != 'z') return false;
    entry->has_augmentation = true;
    uint64_t length = cursor->uleb();
    if (!cursor->ok() || length > cursor->left()) return false;
    Cursor data(section_.view(), cursor->at(), cursor->at() + length);
    for (char letter : augmentation.substr(1)) {
      if (letter == 'R') {
        entry->pointer_encoding = data.u8();
      } else if (letter == 'L') {
        data.u8();
      } else if (letter == 'P') {
        uint64_t ignored;
        uint8_t encoding = data.u8();
        if (encoding != kOmitted) read_pointer(&data, encoding & 0x0f, 0, &ignored);
      } else if (letter != 'S') {
        // The length says where the data ends; what comes before an unknown letter was read.
        break;
      }
    }
    cursor->skip(length);
    return data.ok() && cursor->ok();
  }

  /** Hand-written entries of programs say nothing of themselves: they are outermost all the same. */
  void describe_entry() {
    std::optional<uint64_t> offset = file_.entry() ? file_.code_offset_of(file_.entry()) : std::nullopt;
    if (!offset || *offset >= ROW_UNUSED - kMaxEntryBytes || functions_.empty()) return;
    for (const Function& function : functions_) {
      if (*offset >= function.start && *offset < function.end) return;
    }
    functions_.push_back({*offset, *offset + kMaxEntryBytes, UINT64_MAX, -1, {}});
  }

  void add_function(const Function& function, uint64_t next) {
    uint64_t end = std::min(function.end, next);
    if (function.common < 0) {
      add_row(function.start, unwind_row{0, 0, 0, UNWIND_OUTERMOST});
    } else {
      run(function, end);
    }
    if (next - end >= kPadding) add_row(end, unwind_row{});
  }

  void run(const Function& function, uint64_t end) {
    const CommonEntry& common = commons_[static_cast<size_t>(function.common)];
    CallFrameMachine machine(section_.view(), function.instructions, common, function.start, common.initial);
    bool more;
    do {
      more = machine.next();
      uint64_t from = machine.address();
      if (from >= end) return;
      unwind_row row = row_of(section_.view(), machine.rules());
      if (row.rule == UNWIND_NONE) result_.unknown++;
      add_row(from, row);
      if (more && machine.pending() > end - from) return;
    } while (more);
    if (machine.damaged()) result_.refused++;
  }

  void add_row(uint64_t at, unwind_row row) {
    std::vector<unwind_row>& rows = result_.rows;
    row.at = static_cast<u32>(at);
    if (!rows.empty()) {
      unwind_row& last = rows.back();
      if (last.at == row.at) {
        last = row;
        return;
      }
      if (last.cfa == row.cfa && last.fp == row.fp && last.rule == row.rule) return;
    }
    if (rows.size() == kMaxRows) file_.malformed("it describes more code than can be believed");
    rows.push_back(row);
  }

  const ElfFile& file_;
  FrameSection section_;
  std::vector<Function> functions_;
  std::vector<CommonEntry> commons_;
  std::unordered_map<uint64_t, int32_t> common_at_;
  UnwindRows result_;
};

/** By its section, or, where there are none, as a program finds it at run time. */
FrameSection read_frame_section(const ElfFile& file) {
  FrameSection section;
  if (const Elf64_Shdr* header = file.loaded_section(".eh_frame")) {
    if (header->sh_size > kMaxFrameBytes) file.malformed("its .eh_frame is larger than can be believed");
    section.bytes.resize(header->sh_size);
    if (!section.bytes.empty()) file.read_section(*header, 0, section.bytes.data(), section.bytes.size());
    section.address = header->sh_addr;
    return section;
  }
  std::optional<LoadedBytes> index = file.frame_index();
  if (!index || index->size < 12) return section;
  std::vector<uint8_t> head(12);
  file.source().read(index->offset, head.data(), head.size());
  // Linux Standard Base, "The .eh_frame_hdr section": version, three encodings, the pointer to .eh_frame.
  Cursor cursor({head.data(), head.size()}, 1);
  uint8_t encoding = cursor.u8();
  cursor.skip(2);
  uint64_t address;
  if (head[0] != 1 || !read_pointer(&cursor, encoding, index->address, &address)) return section;
  std::optional<LoadedBytes> rest = file.loaded_bytes(address);
  if (!rest) return section;
  section.bytes.resize(std::min(rest->size, kMaxFrameBytes));
  if (!section.bytes.empty()) file.source().read(rest->offset, section.bytes.data(), section.bytes.size());
  section.address = address;
  return section;
}

}  // namespace

UnwindRows compile_unwind_rows(const ElfFile& file, const std::string& expected_build_id) {
  file.expect_build_id(expected_build_id);
  UnwindRows rows;
  if (file.machine() == EM_X86_64) rows = Compiler(file, read_frame_section(file)).compile();
  rows.build_id = file.build_id();
  return rows;
}

}  // namespace emberscope
