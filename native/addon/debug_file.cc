/* SPDX-License-Identifier: Apache-2.0 */
#include "debug_file.h"

#include <array>
#include <climits>
#include <cstdlib>

#include "object_error.h"

namespace emberscope {
namespace {

// A checksum needs the whole file read: about 3 s for this much.
constexpr uint64_t kMaxChecksummed = 2ull << 30;

/** CRC-32 as in zlib (polynomial 0xedb88320), which .gnu_debuglink uses; eight bytes a step. */
class Crc32 {
 public:
  Crc32() {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (value & 1 ? 0xedb88320u : 0);
      tables_[0][i] = value;
    }
    for (size_t i = 0; i < 256; i++) {
      for (size_t t = 1; t < 8; t++) tables_[t][i] = (tables_[t - 1][i] >> 8) ^ tables_[0][tables_[t - 1][i] & 255];
    }
  }

  uint32_t update(uint32_t crc, const uint8_t* bytes, size_t length) const {
    crc = ~crc;
    for (; length >= 8; bytes += 8, length -= 8) {
      uint32_t low = crc ^ (bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<uint32_t>(bytes[3]) << 24);
      crc = tables_[7][low & 255] ^ tables_[6][(low >> 8) & 255] ^ tables_[5][(low >> 16) & 255] ^
            tables_[4][low >> 24] ^ tables_[3][bytes[4]] ^ tables_[2][bytes[5]] ^ tables_[1][bytes[6]] ^
            tables_[0][bytes[7]];
    }
    for (; length > 0; bytes++, length--) crc = (crc >> 8) ^ tables_[0][(crc ^ *bytes) & 255];
    return ~crc;
  }

 private:
  std::array<std::array<uint32_t, 256>, 8> tables_;
};

bool has_checksum(const ByteSource& source, uint32_t wanted) {
  static const Crc32 crc32;
  if (source.size() > kMaxChecksummed) return false;
  std::vector<uint8_t> buffer(1 << 20);
  uint32_t crc = 0;
  for (uint64_t at = 0; at < source.size();) {
    size_t length = std::min<uint64_t>(buffer.size(), source.size() - at);
    source.read(at, buffer.data(), length);
    crc = crc32.update(crc, buffer.data(), length);
    at += length;
  }
  return crc == wanted;
}

/** The folder in which the process sees the file: /proc/TGID/root/usr/lib is its /usr/lib. */
std::string folder_as_seen(const std::string& path) {
  std::string root = root_of(path);
  return folder_of(root.empty() ? real_path(path) : path.substr(root.size()));
}

std::optional<ElfFile> open_with_id(const std::string& path, const std::string& id, ElfFile::Accepts accepts = ElfFile::kLoadable) {
  std::optional<ElfFile> file = open_quietly(path, accepts);
  return file && file->build_id() == id ? std::move(file) : std::nullopt;
}

std::string path_by_id(const std::string& folder, const std::string& id) {
  return folder + "/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
}

}  // namespace

std::optional<ElfFile> open_quietly(const std::string& path, ElfFile::Accepts accepts) {
  try {
    return ElfFile(ByteSource::open_file(path), path, accepts);
  } catch (const ObjectError&) {
    // The next place may have a better one.
    return std::nullopt;
  }
}

std::string root_of(const std::string& path) {
  size_t end_of_tgid = path.compare(0, 6, "/proc/") == 0 ? path.find_first_not_of("0123456789", 6) : std::string::npos;
  bool root = end_of_tgid != std::string::npos && path.compare(end_of_tgid, 6, "/root/") == 0;
  return root ? path.substr(0, end_of_tgid + 5) : "";
}

std::string folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string real_path(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  if (!real) return path;
  std::string result = real;
  free(real);
  return result;
}

std::optional<ElfFile> find_debug_file(const ElfFile& object, const std::string& path,
                                       const std::vector<std::string>& debug_folders) {
  const std::string& id = object.build_id();
  if (id.size() > 2) {
    for (const std::string& folder : debug_folders) {
      if (auto file = open_with_id(path_by_id(folder, id), id)) return file;
      if (auto file = open_with_id(folder + "/" + id + "/debuginfo", id)) return file;
    }
  }
  std::optional<DebugLink> link;
  try {
    link = object.debug_link();
  } catch (const ObjectError&) {
    return std::nullopt;
  }
  if (!link) return std::nullopt;
  std::string own = folder_of(path);
  std::string seen = folder_as_seen(path);
  std::vector<std::string> places{own + "/" + link->name, own + "/.debug/" + link->name};
  // A link in /proc/TGID/map_files has no neighbours of its own.
  if (seen != own) places.insert(places.end(), {seen + "/" + link->name, seen + "/.debug/" + link->name});
  for (const std::string& folder : debug_folders) places.push_back(folder + seen + "/" + link->name);
  for (const std::string& place : places) {
    auto file = open_quietly(place);
    if (!file) continue;
    try {
      // Two equal build ids say more than a checksum, and cost no reading.
      bool both = !id.empty() && !file->build_id().empty();
      if (both ? file->build_id() == id : has_checksum(file->source(), link->crc)) return file;
    } catch (const ObjectError&) {
      continue;
    }
  }
  return std::nullopt;
}

std::optional<ElfFile> find_alternate_file(const ElfFile& debug, const std::vector<std::string>& debug_folders) {
  std::optional<AlternateLink> link;
  try {
    link = debug.alternate_link();
  } catch (const ObjectError&) {
    return std::nullopt;
  }
  if (!link || link->build_id.size() <= 2) return std::nullopt;
  std::vector<std::string> places;
  std::string root = root_of(debug.name());
  if (link->path[0] == '/') {
    if (!root.empty()) places.push_back(root + link->path);
    places.push_back(link->path);
  } else {
    // From where the file lies, not from a link to it.
    places.push_back(folder_of(root.empty() ? real_path(debug.name()) : debug.name()) + "/" + link->path);
  }
  for (const std::string& folder : debug_folders) places.push_back(path_by_id(folder, link->build_id));
  for (const std::string& place : places) {
    // DWZ writes an unlinked object.
    if (auto file = open_with_id(place, link->build_id, ElfFile::kAnyKind)) return file;
  }
  return std::nullopt;
}

}  // namespace emberscope
