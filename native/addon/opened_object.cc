/* SPDX-License-Identifier: Apache-2.0 */
#include "opened_object.h"

#include <unordered_map>

#include "debug_file.h"
#include "demangle.h"
#include "object_error.h"

namespace emberscope {
namespace {

// Doubles hold whole numbers exactly below this.
constexpr double kMaxOffset = 9007199254740992.0;

}  // namespace

OpenedObject::OpenedObject(ElfFile file, const std::string& path, const std::string& expected_build_id,
                           const std::vector<std::string>& debug_folders)
    : file_(std::move(file)), build_id_(file_.build_id()) {
  file_.expect_build_id(expected_build_id);
  if (const Elf64_Shdr* table = file_.section_of_type(SHT_DYNSYM)) {
    index_.add(file_, *table);
    source_ = "dynsym";
  }
  if (const Elf64_Shdr* table = file_.section_of_type(SHT_SYMTAB)) {
    index_.add(file_, *table);
    source_ = "symtab";
  } else if (!path.empty()) {
    std::optional<ElfFile> debug = find_debug_file(file_, path, debug_folders);
    table = debug ? debug->section_of_type(SHT_SYMTAB) : nullptr;
    if (table) {
      SymbolIndex own = index_;
      try {
        index_.add(*debug, *table);
        source_ = "debug-file";
        debug_file_ = debug->name();
      } catch (const ObjectError&) {
        // A damaged debug file must not take away the names that the object has.
        index_ = std::move(own);
      }
    }
  }
  index_.build();
  if (index_.size() == 0) source_ = "none";
}

std::shared_ptr<const OpenedObject> OpenedObject::open_file(const std::string& path,
                                                            const std::string& expected_build_id,
                                                            const std::vector<std::string>& debug_folders) {
  return std::shared_ptr<const OpenedObject>(
      new OpenedObject(ElfFile(ByteSource::open_file(path), path), path, expected_build_id, debug_folders));
}

std::shared_ptr<const OpenedObject> OpenedObject::open_image(std::vector<uint8_t> image,
                                                             const std::string& expected_build_id) {
  return std::shared_ptr<const OpenedObject>(
      new OpenedObject(ElfFile(ByteSource::from_memory(std::move(image)), "The image"), "", expected_build_id, {}));
}

OpenedObject::Names OpenedObject::symbolize(const std::vector<double>& file_offsets) const {
  Names result;
  result.name.assign(file_offsets.size(), -1);
  result.distance.assign(file_offsets.size(), 0);
  std::unordered_map<uint32_t, int32_t> known;
  for (size_t i = 0; i < file_offsets.size(); i++) {
    // Written so that NaN fails.
    if (!(file_offsets[i] >= 0 && file_offsets[i] < kMaxOffset)) continue;
    std::optional<uint64_t> address = file_.address_of(static_cast<uint64_t>(file_offsets[i]));
    SymbolIndex::Hit hit;
    if (!address || !index_.find(*address, &hit)) continue;
    auto [entry, added] = known.try_emplace(hit.name, static_cast<int32_t>(result.names.size()));
    if (added) {
      std::string name = demangle(std::string(index_.name(hit.name)));
      // The string table may hold nothing at this place.
      if (name.empty()) entry->second = -1;
      else result.names.push_back(std::move(name));
    }
    if (entry->second < 0) continue;
    result.name[i] = entry->second;
    result.distance[i] = static_cast<double>(hit.distance);
  }
  return result;
}

}  // namespace emberscope
