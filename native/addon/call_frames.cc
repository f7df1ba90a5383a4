/* SPDX-License-Identifier: Apache-2.0 */
#include "call_frames.h"

#include <algorithm>

#include "frame_instructions.h"

namespace emberscope {
namespace {

constexpr uint8_t kAbsolute = 0x00;
constexpr uint8_t kRelativeToPlace = 0x10;
constexpr uint8_t kOmitted = 0xff;
constexpr uint32_t kLongEntry = 0xffffffff;

/** The number of the lower half of an encoding. Lengths are read so too. */
bool read_encoded_number(Cursor* from, uint8_t encoding, uint64_t* ret_value) {
  switch (encoding & 0x0f) {
    case 0x00:  // absptr
    case 0x04:  // udata8
    case 0x0c:  // sdata8
      *ret_value = from->u64();
      break;
    case 0x01:
      *ret_value = from->uleb();
      break;
    case 0x02:
      *ret_value = from->u16();
      break;
    case 0x03:
      *ret_value = from->u32();
      break;
    case 0x09:
      *ret_value = static_cast<uint64_t>(from->sleb());
      break;
    case 0x0a:
      *ret_value = static_cast<uint64_t>(int64_t{static_cast<int16_t>(from->u16())});
      break;
    case 0x0b:
      *ret_value = static_cast<uint64_t>(int64_t{static_cast<int32_t>(from->u32())});
      break;
    default:
      return false;
  }
  return from->ok();
}

/** What follows a z in an augmentation. */
bool read_augmentation(std::string_view letters, Cursor data, FrameDefaults* defaults) {
  for (char letter : letters) {
    uint64_t ignored;
    uint8_t encoding;
    switch (letter) {
      case 'R':
        defaults->encoding = data.u8();
        break;
      case 'L':
        data.u8();
        break;
      case 'P':
        encoding = data.u8();
        // 0x50: aligned to the word.
        if (encoding == kOmitted) break;
        if ((encoding & 0x70) == 0x50 || !read_encoded_number(&data, encoding, &ignored)) return false;
        break;
      case 'S':
        defaults->signal_frame = true;
        break;
      default:
        // As for GCC's unwinder, what came before it holds.
        return data.ok();
    }
  }
  return data.ok();
}

}  // namespace

bool read_encoded_address(Cursor* from, uint8_t encoding, uint64_t section_address, uint64_t* ret_address) {
  uint64_t place = section_address + from->at();
  // With 0x80 the address lies in memory; the others count from places that only a running program has.
  if ((encoding & 0xf0) != kAbsolute && (encoding & 0xf0) != kRelativeToPlace) return false;
  if (!read_encoded_number(from, encoding, ret_address)) return false;
  if ((encoding & 0xf0) == kRelativeToPlace) *ret_address += place;
  return true;
}

CallFrames::CallFrames(std::vector<uint8_t> bytes, uint64_t address, bool certain)
    : bytes_(std::move(bytes)), address_(address), certain_(certain) {}

CallFrames::Entry CallFrames::next(FrameFunction* ret_function) {
  const Entry damaged = certain_ ? kDamaged : kEnd;
  while (next_ < bytes_.size()) {
    uint64_t offset = next_;
    Cursor cursor(view(), offset);
    uint64_t length = cursor.u32();
    // Fewer bytes are left than a length has.
    if (!cursor.ok()) return kEnd;
    // A terminator, or padding; a section that was put together may have several.
    if (length == 0) {
      if (!certain_) return kEnd;
      next_ = cursor.at();
      continue;
    }
    if (length == kLongEntry) length = cursor.u64();
    Cursor entry = cursor.part(length);
    uint64_t id_at = entry.at();
    uint32_t id = entry.u32();
    if (!entry.ok()) return damaged;
    next_ = cursor.at();
    if (id == 0) {
      read_defaults(offset, entry);
      continue;
    }
    FrameFunction function;
    bool found = id <= id_at && find_defaults(id_at - id, &function.defaults);
    if (!found && !certain_) return kEnd;
    if (!found || !read_function(entry, &function)) return kUnreadableFunction;
    *ret_function = function;
    return kFunction;
  }
  return kEnd;
}

void CallFrames::read_defaults(uint64_t offset, Cursor entry) {
  FrameDefaults& defaults = defaults_.emplace_back();
  defaults.offset = offset;
  defaults.section_address = address_;
  uint8_t version = entry.u8();
  if (version != 1 && version != 3) return;
  std::string_view augmentation = entry.text();
  defaults.code_alignment = entry.uleb();
  defaults.data_alignment = entry.sleb();
  uint64_t return_address = version == 1 ? entry.u8() : entry.uleb();
  if (!augmentation.empty()) {
    // Others, as `eh` of GCC 2, have data before the alignments.
    if (augmentation[0] != 'z') return;
    defaults.has_augmentation_length = true;
    uint64_t length = entry.uleb();
    if (!read_augmentation(augmentation.substr(1), entry.part(length), &defaults)) return;
  }
  defaults.understood = entry.ok();
  defaults.usable = defaults.understood && return_address == kReturnAddress &&
                    read_initial_state(entry, defaults, &defaults.initial);
}

bool CallFrames::find_defaults(uint64_t offset, uint32_t* ret_index) {
  // Only where the section has an entry, so that each is read once however many functions name it.
  if (last_found_ >= defaults_.size() || defaults_[last_found_].offset != offset) {
    auto before = [](const FrameDefaults& entry, uint64_t at) { return entry.offset < at; };
    auto found = std::lower_bound(defaults_.begin(), defaults_.end(), offset, before);
    if (found == defaults_.end() || found->offset != offset) return false;
    last_found_ = static_cast<uint32_t>(found - defaults_.begin());
  }
  *ret_index = last_found_;
  return true;
}

bool CallFrames::read_function(Cursor entry, FrameFunction* function) const {
  const FrameDefaults& defaults = defaults_[function->defaults];
  if (!defaults.understood) return false;
  if (!read_encoded_address(&entry, defaults.encoding, address_, &function->address)) return false;
  if (!read_encoded_number(&entry, defaults.encoding, &function->length)) return false;
  if (defaults.has_augmentation_length) entry.skip(entry.uleb());
  function->instructions = static_cast<uint32_t>(entry.at());
  function->instructions_end = static_cast<uint32_t>(entry.end());
  return entry.ok();
}

}  // namespace emberscope
