/* SPDX-License-Identifier: Apache-2.0 */
#include "opened_object.h"

#include <unordered_map>

#include "debug_file.h"
#include "demangle.h"
#include "inflate.h"
#include "object_error.h"

namespace emberscope {
namespace {

// Doubles hold whole numbers exactly below this.
constexpr double kMaxOffset = 9007199254740992.0;
// Compressed and not. Fedora's largest hold some MB.
constexpr uint64_t kMaxEmbedded = 64 << 20;
constexpr size_t kMaxEmbeddedSymbols = 256 << 20;

/** .gnu_debugdata ("MiniDebugInfo" in GDB's manual): an object compressed with xz, whose symbols are those that were stripped. */
std::optional<ElfFile> embedded_symbols(const ElfFile& file) {
  const Elf64_Shdr* section = file.section_named(".gnu_debugdata");
  if (!section || section->sh_size > kMaxEmbedded || section->sh_size > file.source().size()) return std::nullopt;
  std::vector<uint8_t> compressed(section->sh_size);
  std::vector<uint8_t> object;
  try {
    file.read_section(*section, 0, compressed.data(), compressed.size());
    if (!inflate_xz(compressed.data(), compressed.size(), kMaxEmbeddedSymbols, &object)) return std::nullopt;
    return ElfFile(ByteSource::from_memory(std::move(object)), file.name());
  } catch (const ObjectError&) {
    return std::nullopt;
  }
}

}  // namespace

OpenedObject::OpenedObject(ElfFile file, const std::string& path, const std::string& expected_build_id,
                           const std::vector<std::string>& debug_folders)
    : file_(std::move(file)), build_id_(file_.build_id()) {
  file_.expect_build_id(expected_build_id);
  std::optional<ElfFile> debug;
  bool own_lines = file_.has_debug_info();
  bool own_symbols = file_.section_of_type(SHT_SYMTAB);
  if (!path.empty() && !(own_symbols && own_lines)) debug = find_debug_file(file_, path, debug_folders);
  add_symbols(&debug);
  index_.build();
  if (index_.size() == 0) source_ = "none";
  if (own_lines) {
    lines_ = std::make_unique<LineIndex>(file_, file_, path, debug_folders);
  } else if (debug && debug->has_debug_info()) {
    debug_file_ = debug->name();
    debug_ = std::move(debug);
    lines_ = std::make_unique<LineIndex>(file_, *debug_, path, debug_folders);
  }
}

void OpenedObject::add_symbols(std::optional<ElfFile>* debug) {
  if (const Elf64_Shdr* table = file_.section_of_type(SHT_DYNSYM)) {
    index_.add(file_, *table);
    source_ = "dynsym";
  }
  if (const Elf64_Shdr* table = file_.section_of_type(SHT_SYMTAB)) {
    index_.add(file_, *table);
    source_ = "symtab";
    return;
  }
  const Elf64_Shdr* table = *debug ? (*debug)->section_of_type(SHT_SYMTAB) : nullptr;
  if (table && add_table(**debug, *table, "debug-file")) {
    debug_file_ = (*debug)->name();
    return;
  }
  if (std::optional<ElfFile> embedded = embedded_symbols(file_)) {
    table = embedded->section_of_type(SHT_SYMTAB);
    if (table) add_table(*embedded, *table, "gnu-debugdata");
  }
}

/** A damaged debug file must not take away the names that the object has. */
bool OpenedObject::add_table(const ElfFile& file, const Elf64_Shdr& table, const char* source) {
  SymbolIndex own = index_;
  try {
    index_.add(file, table);
    source_ = source;
    return true;
  } catch (const ObjectError&) {
    index_ = std::move(own);
    return false;
  }
}

const char* OpenedObject::debug_info() const { return !lines_ ? "none" : debug_ ? "debug-file" : "own"; }

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

std::optional<uint64_t> OpenedObject::address_of(double file_offset) const {
  // Written so that NaN fails.
  if (!(file_offset >= 0 && file_offset < kMaxOffset)) return std::nullopt;
  return file_.address_of(static_cast<uint64_t>(file_offset));
}

Places OpenedObject::locate(const std::vector<double>& file_offsets) const {
  Places nothing;
  nothing.first.assign(file_offsets.size() + 1, 0);
  if (!lines_) return nothing;
  std::vector<uint64_t> addresses;
  for (double file_offset : file_offsets) addresses.push_back(address_of(file_offset).value_or(kNowhere));
  return lines_->locate(addresses);
}

OpenedObject::Names OpenedObject::symbolize(const std::vector<double>& file_offsets) const {
  Names result;
  result.name.assign(file_offsets.size(), -1);
  result.distance.assign(file_offsets.size(), 0);
  std::unordered_map<uint32_t, int32_t> known;
  for (size_t i = 0; i < file_offsets.size(); i++) {
    std::optional<uint64_t> address = address_of(file_offsets[i]);
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
