/* SPDX-License-Identifier: Apache-2.0 */
/* What the addon does on other threads, each a promise; see addon.d.ts for what the results mean. */
#ifndef EMBERSCOPE_PROMISE_WORKERS_H
#define EMBERSCOPE_PROMISE_WORKERS_H

#include <napi.h>

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "find_symbols.h"
#include "object_error.h"
#include "opened_object.h"
#include "unwind_rows.h"

namespace emberscope {

using Object = std::shared_ptr<const OpenedObject>;

/** The open objects of one JavaScript environment. Used on its thread only; workers hold their own references. */
struct Registry {
  std::map<uint32_t, Object> objects;
  uint32_t next = 1;
};

/** A worker whose failures become a rejected promise with a code. */
class PromiseWorker : public Napi::AsyncWorker {
 public:
  explicit PromiseWorker(Napi::Env env)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  virtual void work() = 0;
  virtual Napi::Value result(Napi::Env env) = 0;

  void Execute() override {
    try {
      work();
    } catch (const ObjectError& error) {
      code_ = error.code();
      SetError(error.what());
    } catch (const std::bad_alloc&) {
      code_ = "EIO";
      SetError("There is not enough memory to read the symbols.");
    } catch (const std::exception& error) {
      code_ = "EIO";
      SetError(error.what());
    }
  }
  void OnOK() override { deferred_.Resolve(result(Env())); }
  void OnError(const Napi::Error& error) override {
    Napi::Object value = error.Value();
    value.Set("code", Napi::String::New(Env(), code_));
    deferred_.Reject(value);
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::string code_ = "EIO";
};

class OpenWorker : public PromiseWorker {
 public:
  explicit OpenWorker(Napi::Env env) : PromiseWorker(env) {}
  std::string path;
  std::string expected_build_id;
  std::vector<std::string> debug_folders;
  std::vector<uint8_t> image;

 protected:
  void work() override {
    object_ = path.empty() ? OpenedObject::open_image(std::move(image), expected_build_id)
                           : OpenedObject::open_file(path, expected_build_id, debug_folders);
  }
  Napi::Value result(Napi::Env env) override {
    auto* registry = env.GetInstanceData<Registry>();
    uint32_t handle = registry->next++;
    registry->objects[handle] = object_;
    Napi::Object opened = Napi::Object::New(env);
    opened.Set("handle", Napi::Number::New(env, handle));
    opened.Set("buildId", Napi::String::New(env, object_->build_id()));
    opened.Set("symbols", Napi::Number::New(env, static_cast<double>(object_->index().size())));
    opened.Set("source", Napi::String::New(env, object_->source()));
    opened.Set("debugInfo", Napi::String::New(env, object_->debug_info()));
    opened.Set("debugFile", Napi::String::New(env, object_->debug_file()));
    opened.Set("bytes", Napi::Number::New(env, static_cast<double>(object_->index().bytes())));
    return opened;
  }

 private:
  Object object_;
};

template <class Array, class T>
Array typed(Napi::Env env, const std::vector<T>& values) {
  Array array = Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

inline Napi::Array texts(Napi::Env env, const std::vector<std::string>& values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (uint32_t i = 0; i < values.size(); i++) array.Set(i, Napi::String::New(env, values[i]));
  return array;
}

class SymbolizeWorker : public PromiseWorker {
 public:
  SymbolizeWorker(Napi::Env env, Object object, const Napi::Float64Array& offsets)
      : PromiseWorker(env), object_(std::move(object)), offsets_(offsets.Data(), offsets.Data() + offsets.ElementLength()) {}

 protected:
  void work() override { found_ = object_->symbolize(offsets_); }
  Napi::Value result(Napi::Env env) override {
    Napi::Object batch = Napi::Object::New(env);
    batch.Set("name", typed<Napi::Int32Array>(env, found_.name));
    batch.Set("names", texts(env, found_.names));
    batch.Set("distance", typed<Napi::Float64Array>(env, found_.distance));
    return batch;
  }

 private:
  Object object_;
  std::vector<double> offsets_;
  OpenedObject::Names found_;
};

class UnwindWorker : public PromiseWorker {
 public:
  explicit UnwindWorker(Napi::Env env) : PromiseWorker(env) {}
  std::string path;
  std::string expected_build_id;
  std::vector<uint8_t> image;

 protected:
  void work() override {
    auto bytes = path.empty() ? ByteSource::from_memory(std::move(image)) : ByteSource::open_file(path);
    ElfFile file(std::move(bytes), path.empty() ? "The image" : path);
    compiled_ = compile_unwind_rows(file, expected_build_id);
  }
  Napi::Value result(Napi::Env env) override {
    size_t length = compiled_.rows.size() * sizeof compiled_.rows[0];
    Napi::Uint8Array rows = Napi::Uint8Array::New(env, length);
    if (length > 0) std::memcpy(rows.Data(), compiled_.rows.data(), length);
    Napi::Object compiled = Napi::Object::New(env);
    compiled.Set("rows", rows);
    compiled.Set("buildId", Napi::String::New(env, compiled_.build_id));
    compiled.Set("functions", Napi::Number::New(env, compiled_.functions));
    compiled.Set("refused", Napi::Number::New(env, compiled_.refused));
    compiled.Set("unknown", Napi::Number::New(env, compiled_.unknown));
    return compiled;
  }

 private:
  UnwindRows compiled_;
};

class FindWorker : public PromiseWorker {
 public:
  explicit FindWorker(Napi::Env env) : PromiseWorker(env) {}
  std::string path;
  std::string expected_build_id;
  std::vector<std::string> names;

 protected:
  void work() override {
    ElfFile file(ByteSource::open_file(path), path);
    found_ = find_symbols(file, expected_build_id, names);
  }
  Napi::Value result(Napi::Env env) override {
    Napi::Array list = Napi::Array::New(env, found_.size());
    for (uint32_t i = 0; i < found_.size(); i++) {
      if (!found_[i]) {
        list.Set(i, env.Null());
        continue;
      }
      Napi::Object symbol = Napi::Object::New(env);
      symbol.Set("address", Napi::BigInt::New(env, found_[i]->address));
      symbol.Set("size", Napi::BigInt::New(env, found_[i]->size));
      symbol.Set("fileOffset", found_[i]->file_offset ? Napi::BigInt::New(env, *found_[i]->file_offset) : env.Null());
      list.Set(i, symbol);
    }
    return list;
  }

 private:
  std::vector<std::optional<FoundSymbol>> found_;
};

class LocateWorker : public PromiseWorker {
 public:
  LocateWorker(Napi::Env env, Object object, const Napi::Float64Array& offsets)
      : PromiseWorker(env), object_(std::move(object)), offsets_(offsets.Data(), offsets.Data() + offsets.ElementLength()) {}

 protected:
  void work() override { found_ = object_->locate(offsets_); }
  Napi::Value result(Napi::Env env) override {
    Napi::Object places = Napi::Object::New(env);
    places.Set("first", typed<Napi::Uint32Array>(env, found_.first));
    places.Set("name", typed<Napi::Int32Array>(env, found_.name));
    places.Set("file", typed<Napi::Int32Array>(env, found_.file));
    places.Set("line", typed<Napi::Uint32Array>(env, found_.line));
    places.Set("declaredFile", typed<Napi::Int32Array>(env, found_.declared_file));
    places.Set("declaredLine", typed<Napi::Uint32Array>(env, found_.declared_line));
    places.Set("names", texts(env, found_.names));
    places.Set("files", texts(env, found_.files));
    return places;
  }

 private:
  Object object_;
  std::vector<double> offsets_;
  Places found_;
};

}  // namespace emberscope

#endif
