/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "elf_file.h"
#include "object_error.h"

namespace emberscope {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      throw ObjectError("ENOENT", path + " does not exist.");
    case EACCES:
    case EPERM:
      throw ObjectError("EACCES", path + " may not be read by you.");
    default:
      throw ObjectError("EIO", path + " cannot be read: " + std::strerror(error) + ".");
  }
}

class FileSource : public ByteSource {
 public:
  explicit FileSource(const std::string& path) : path_(path) {
    struct stat status;
    // Before it is opened: to open a device can do something to it.
    if (stat(path.c_str(), &status) != 0) fail(path, errno);
    if (!S_ISREG(status.st_mode)) throw ObjectError("ENOTELF", path + " is not a regular file.");
    // O_NONBLOCK: opening a pipe must not wait for its writer.
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd_ < 0) fail(path, errno);
    if (fstat(fd_, &status) != 0) {
      int error = errno;
      close(fd_);
      fail(path, error);
    }
    if (!S_ISREG(status.st_mode)) {
      close(fd_);
      throw ObjectError("ENOTELF", path + " is not a regular file.");
    }
    size_ = static_cast<uint64_t>(status.st_size);
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { close(fd_); }

  uint64_t size() const override { return size_; }

  void read(uint64_t offset, void* into, size_t length) const override {
    char* at = static_cast<char*>(into);
    while (length > 0) {
      ssize_t got = pread(fd_, at, length, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(path_, errno);
      if (got == 0) throw ObjectError("EIO", path_ + " became shorter while it was read.");
      at += got;
      offset += static_cast<uint64_t>(got);
      length -= static_cast<size_t>(got);
    }
  }

 private:
  std::string path_;
  int fd_;
  uint64_t size_;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  void read(uint64_t offset, void* into, size_t length) const override {
    if (offset > bytes_.size() || length > bytes_.size() - offset) throw ObjectError("EIO", "The image is too short.");
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(offset), length, static_cast<uint8_t*>(into));
  }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace

std::unique_ptr<ByteSource> ByteSource::open_file(const std::string& path) {
  return std::make_unique<FileSource>(path);
}

std::unique_ptr<ByteSource> ByteSource::from_memory(std::vector<uint8_t> bytes) {
  return std::make_unique<MemorySource>(std::move(bytes));
}

}  // namespace emberscope
