/* SPDX-License-Identifier: Apache-2.0 */
#include "file_table.h"

namespace emberscope {
namespace {

constexpr size_t kMaxPath = 4096;
// Numbers from here are files of other units.
constexpr uint32_t kOther = 1u << 31;
// All names of one table; a million files have about a tenth.
constexpr size_t kMaxText = 1u << 30;

}  // namespace

std::string normalized_path(std::string_view path) {
  bool absolute = !path.empty() && path[0] == '/';
  std::vector<std::string_view> parts;
  size_t start = 0;
  while (start <= path.size()) {
    size_t end = std::min(path.find('/', start), path.size());
    std::string_view part = path.substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == ".") continue;
    bool up = part == "..";
    if (up && !parts.empty() && parts.back() != "..") parts.pop_back();
    else if (!up || !absolute) parts.push_back(part);
  }
  std::string result = absolute ? "/" : "";
  for (size_t i = 0; i < parts.size(); i++) {
    if (i > 0) result += '/';
    result += parts[i];
  }
  return result;
}

uint32_t FileTable::keep(std::string_view text) {
  if (text_.empty()) text_ += '\0';
  if (text.empty() || text_.size() + text.size() >= kMaxText) return 0;
  uint32_t at = static_cast<uint32_t>(text_.size());
  text_ += text;
  text_ += '\0';
  return at;
}

void FileTable::begin(std::string_view comp_dir, uint32_t first) {
  comp_dir_ = keep(comp_dir);
  first_ = first;
  // Before version 5 directory 0 is the compilation's, and not in the table.
  if (first == 1) directories_.push_back(comp_dir_);
}

void FileTable::add_directory(std::string_view path) { directories_.push_back(keep(path)); }

void FileTable::add_file(std::string_view name, uint64_t directory) {
  files_.push_back({keep(name), directory < directories_.size() ? directories_[directory] : 0});
}

uint32_t FileTable::add_path(std::string path) {
  others_.push_back(std::move(path));
  return kOther + static_cast<uint32_t>(others_.size()) - 1;
}

std::string FileTable::path(uint32_t number) const {
  if (number == kNoFile) return "";
  if (number >= kOther) return number - kOther < others_.size() ? others_[number - kOther] : "";
  if (number < first_ || number - first_ >= files_.size()) return "";
  const File& file = files_[number - first_];
  std::string_view name = text(file.name);
  if (name.empty()) return "";
  std::string path;
  if (name[0] != '/') {
    std::string_view directory = text(file.directory);
    if (directory.empty() || directory[0] != '/') {
      path += text(comp_dir_);
      path += '/';
    }
    path += directory;
    path += '/';
    // Neither is known: it is not at the root.
    if (path.find_first_not_of('/') == std::string::npos) path.clear();
  }
  if (path.size() + name.size() > kMaxPath) return "";
  path += name;
  return normalized_path(path);
}

size_t FileTable::bytes() const {
  size_t others = 0;
  for (const std::string& path : others_) others += path.size() + sizeof path;
  return text_.capacity() + directories_.capacity() * sizeof(uint32_t) + files_.capacity() * sizeof(File) + others;
}

}  // namespace emberscope
