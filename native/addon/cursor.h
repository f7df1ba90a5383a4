/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading numbers and texts one after another from bytes that nobody vouches for. Beyond the end everything is
 * zero and `ok` false: loops must look at it, single reads need not.
 */
#ifndef EMBERSCOPE_CURSOR_H
#define EMBERSCOPE_CURSOR_H

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace emberscope {

struct Bytes {
  const uint8_t* data = nullptr;
  uint64_t size = 0;
};

class Cursor {
 public:
  Cursor() = default;
  /** From `at` to the end of the bytes, or to `end` if that comes before. */
  explicit Cursor(Bytes bytes, uint64_t at = 0, uint64_t end = UINT64_MAX)
      : data_(bytes.data), at_(at), end_(std::min(end, bytes.size)), ok_(at <= end_) {
    if (!ok_) at_ = end_;
  }

  bool ok() const { return ok_; }
  uint64_t at() const { return at_; }
  uint64_t end() const { return end_; }
  uint64_t left() const { return end_ - at_; }
  bool more() const { return ok_ && at_ < end_; }

  void skip(uint64_t length) {
    if (has(length)) at_ += length;
  }
  /** Forward only, so that no loop can be made of it. */
  void jump(uint64_t to) {
    if (to < at_) fail();
    else skip(to - at_);
  }
  /** The next `length` bytes, which are passed over. */
  Cursor part(uint64_t length) {
    Cursor bytes = *this;
    skip(length);
    if (ok_) bytes.end_ = at_;
    else bytes.fail();
    return bytes;
  }
  /** Nothing beyond is read. */
  void narrow(uint64_t end) { end_ = std::max(at_, std::min(end, end_)); }

  uint8_t u8() { return number<uint8_t>(); }
  uint16_t u16() { return number<uint16_t>(); }
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }
  /** `size`: 1, 2, 3, 4 or 8. */
  uint64_t unsigned_of(unsigned size) {
    switch (size) {
      case 1:
        return u8();
      case 2:
        return u16();
      case 3: {
        uint64_t low = u16();
        return low | static_cast<uint64_t>(u8()) << 16;
      }
      case 4:
        return u32();
      case 8:
        return u64();
      default:
        fail();
        return 0;
    }
  }

  uint64_t uleb() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      uint8_t byte = u8();
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    fail();
    return 0;
  }
  int64_t sleb() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70;) {
      uint8_t byte = u8();
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      shift += 7;
      if (byte & 0x80) continue;
      if ((byte & 0x40) && shift < 64) value |= ~uint64_t{0} << shift;
      return static_cast<int64_t>(value);
    }
    fail();
    return 0;
  }
  /** Up to a zero byte, which must come. */
  std::string_view text() {
    const void* zero = ok_ && at_ < end_ ? std::memchr(data_ + at_, 0, end_ - at_) : nullptr;
    if (!zero) {
      fail();
      return {};
    }
    const char* start = reinterpret_cast<const char*>(data_ + at_);
    size_t length = static_cast<size_t>(static_cast<const char*>(zero) - start);
    at_ += length + 1;
    return {start, length};
  }

  /** As if more had been read than there is. */
  void fail() {
    ok_ = false;
    at_ = end_;
  }

 private:
  bool has(uint64_t length) {
    if (ok_ && length <= end_ - at_) return true;
    fail();
    return false;
  }
  template <class T>
  T number() {
    T value = 0;
    if (has(sizeof value)) {
      std::memcpy(&value, data_ + at_, sizeof value);
      at_ += sizeof value;
    }
    return value;
  }

  const uint8_t* data_ = nullptr;
  uint64_t at_ = 0;
  uint64_t end_ = 0;
  bool ok_ = true;
};

}  // namespace emberscope

#endif
