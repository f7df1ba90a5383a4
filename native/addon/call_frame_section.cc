/* SPDX-License-Identifier: Apache-2.0 */
#include "call_frame_section.h"

#include <algorithm>

namespace emberscope {
namespace {

// libLLVM: 8 MiB.
constexpr uint64_t kMaxBytes = 256 << 20;

/** Linux Standard Base 5.0, core, 10.6.2. Where .eh_frame ends it does not say. */
std::optional<CallFrames> from_frame_index(const ElfFile& file, const LoadedBytes& index) {
  // Version, three encodings, and the address in its longest form.
  std::vector<uint8_t> bytes(std::min<uint64_t>(4 + 10, index.size));
  if (!bytes.empty()) file.source().read(index.offset, bytes.data(), bytes.size());
  Cursor cursor(Bytes{bytes.data(), bytes.size()});
  if (cursor.u8() != 1) return std::nullopt;
  uint8_t encoding = cursor.u8();
  cursor.skip(2);
  uint64_t address;
  if (!cursor.ok() || !read_encoded_address(&cursor, encoding, index.address, &address)) return std::nullopt;
  std::optional<LoadedBytes> rest = file.loaded_bytes(address);
  if (!rest) return std::nullopt;
  std::vector<uint8_t> frames(std::min(rest->size, kMaxBytes));
  file.source().read(rest->offset, frames.data(), frames.size());
  return CallFrames(std::move(frames), address, false);
}

}  // namespace

std::optional<CallFrames> find_call_frames(const ElfFile& file) {
  if (const Elf64_Shdr* section = file.loaded_section(".eh_frame")) {
    if (section->sh_size > kMaxBytes) file.malformed("its .eh_frame is too large");
    std::vector<uint8_t> bytes(section->sh_size);
    if (!bytes.empty()) file.read_section(*section, 0, bytes.data(), bytes.size());
    return CallFrames(std::move(bytes), section->sh_addr, true);
  }
  std::optional<LoadedBytes> index = file.sections().empty() ? file.frame_index() : std::nullopt;
  return index ? from_frame_index(file, *index) : std::nullopt;
}

}  // namespace emberscope
