// SPDX-License-Identifier: Apache-2.0
/** Prototypes as C writes them, for functions whose types nobody describes: common ones of the C library, and system calls. */
import type { NamedValue, Prototype, ValueType } from '../../../profile/prototype.ts';

const bytes: Readonly<Record<string, number>> = { char: 1, bool: 1, short: 2, int: 4, unsigned: 4, pid_t: 4, uid_t: 4, gid_t: 4, mode_t: 4, umode_t: 2, clockid_t: 4, socklen_t: 4, uint32_t: 4, int32_t: 4, u32: 4, gfp_t: 4 };
const UNSIGNED = /\bunsigned\b|^(size_t|uid_t|gid_t|mode_t|umode_t|socklen_t|u\d+|uint\d+_t|gfp_t|uintptr_t)$/;

/** What a value of a C type is in a register. */
export function valueOfC(type: string): ValueType {
  const plain = type.replace(/\b(const|volatile|struct|enum|__data_loc)\b/g, ' ').replace(/\s+/g, ' ').trim();
  if (plain.endsWith('*') || plain.endsWith(']')) {
    return { type, bytes: 8, signed: false, form: /^char ?(\*|\[\d*\])$/.test(plain) ? 'text' : 'pointer' };
  }
  const words = plain.split(' ');
  const sizes = words.map((word) => bytes[word]).filter((size) => size !== undefined);
  const size = words.includes('long') ? 8 : Math.min(8, ...sizes);
  if (words.includes('bool')) return { type, bytes: 1, signed: false, form: 'boolean' };
  return { type, bytes: size, signed: !UNSIGNED.test(plain), form: 'integer' };
}

/** "ssize_t read(int fd, void *buf, size_t count)"; null: it is none. */
export function parsePrototype(text: string): { name: string; prototype: Prototype } | null {
  const parts = /^(.*?)(\w+)\((.*)\)$/.exec(text.trim());
  if (!parts) return null;
  const [, returned, name, list] = parts as unknown as [string, string, string, string];
  const values: NamedValue[] = [];
  for (const each of list.split(',')) {
    const found = /^(.*?)(\w+)$/.exec(each.trim());
    if (!found || each.trim() === 'void') continue;
    values.push({ name: found[2]!, ...valueOfC(found[1]!.trim()) });
  }
  return { name, prototype: { arguments: values, returns: returned.trim() === 'void' ? null : valueOfC(returned.trim()) } };
}

const told = /^(\w+):(text|other|([su])([1248]))$/;

/** Fields of a tracepoint as the helper tells them: "comm:text pid:s4 flags:u8". null: it told none. */
export function parseTold(text: string): Prototype | null {
  const values: NamedValue[] = [];
  for (const each of text.split(' ')) {
    const found = told.exec(each);
    if (!found) return null;
    const [, name, kind, sign, size] = found;
    const form = kind === 'text' ? 'text' : kind === 'other' ? 'other' : 'integer';
    values.push({ name: name!, type: kind === 'text' ? 'char[]' : kind!, bytes: Number(size ?? 8), signed: sign === 's', form });
  }
  return { arguments: values, returns: null };
}

/** Arguments of a marker by where they lie: "-4@%edi 8@%rax" are a signed one of 4 bytes and an unsigned one of 8. */
export function parseLocations(locations: string): Prototype {
  const values: NamedValue[] = [];
  for (const each of locations.split(' ')) {
    if (each === '') continue;
    const name = `arg${values.length + 1}`;
    const [, sign, size] = /^(-?)([1248])@/.exec(each) ?? [];
    // A float, or one in a way that is not known: it keeps its place.
    if (size === undefined) values.push({ name, type: '?', bytes: 8, signed: false, form: 'other' });
    else values.push({ name, type: `${sign ? '' : 'u'}int${Number(size) * 8}_t`, bytes: Number(size), signed: sign !== '', form: 'integer' });
  }
  return { arguments: values, returns: null };
}

function table(lines: string): ReadonlyMap<string, Prototype> {
  const found = lines.split('\n').map(parsePrototype);
  return new Map(found.filter((each) => each !== null).map(({ name, prototype }) => [name, prototype]));
}

/** Of the C library. */
export const libraryPrototypes = table(`
void *malloc(size_t size)
void free(void *ptr)
void *calloc(size_t nmemb, size_t size)
void *realloc(void *ptr, size_t size)
void *aligned_alloc(size_t alignment, size_t size)
int posix_memalign(void **memptr, size_t alignment, size_t size)
void *memcpy(void *dest, const void *src, size_t n)
void *memset(void *s, int c, size_t n)
size_t strlen(const char *s)
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
void maybe_add_history(const char *line)
int open(const char *pathname, int flags)
int open64(const char *pathname, int flags)
int close(int fd)
ssize_t read(int fd, void *buf, size_t count)
ssize_t write(int fd, const void *buf, size_t count)
ssize_t pread64(int fd, void *buf, size_t count, off_t offset)
ssize_t pwrite64(int fd, const void *buf, size_t count, off_t offset)
ssize_t send(int sockfd, const void *buf, size_t len, int flags)
ssize_t recv(int sockfd, void *buf, size_t len, int flags)
int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)
int fsync(int fd)
FILE *fopen(const char *pathname, const char *mode)
size_t fwrite(const void *ptr, size_t size, size_t nmemb, FILE *stream)
size_t fread(void *ptr, size_t size, size_t nmemb, FILE *stream)
int fflush(FILE *stream)
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
char *getenv(const char *name)
int pthread_mutex_lock(pthread_mutex_t *mutex)
int pthread_mutex_unlock(pthread_mutex_t *mutex)
int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
int usleep(unsigned int usec)
unsigned int sleep(unsigned int seconds)
void *dlopen(const char *filename, int flags)
int system(const char *command)
`);

/** Of system calls, for kernels that do not describe theirs. */
export const systemCallPrototypes = table(`
long read(unsigned int fd, char *buf, size_t count)
long write(unsigned int fd, const char *buf, size_t count)
long open(const char *filename, int flags, umode_t mode)
long openat(int dfd, const char *filename, int flags, umode_t mode)
long close(unsigned int fd)
long pread64(unsigned int fd, char *buf, size_t count, loff_t pos)
long pwrite64(unsigned int fd, const char *buf, size_t count, loff_t pos)
long readv(unsigned long fd, const struct iovec *vec, unsigned long vlen)
long writev(unsigned long fd, const struct iovec *vec, unsigned long vlen)
long fsync(unsigned int fd)
long fdatasync(unsigned int fd)
long ioctl(unsigned int fd, unsigned int cmd, unsigned long arg)
long mmap(unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags, unsigned long fd, unsigned long off)
long munmap(unsigned long addr, size_t len)
long brk(unsigned long brk)
long clone(unsigned long clone_flags, unsigned long newsp, int *parent_tidptr, int *child_tidptr, unsigned long tls)
long clone3(struct clone_args *uargs, size_t size)
long execve(const char *filename, const char **argv, const char **envp)
long exit_group(int error_code)
long kill(pid_t pid, int sig)
long futex(u32 *uaddr, int op, u32 val, const struct timespec *utime, u32 *uaddr2, u32 val3)
long connect(int fd, struct sockaddr *uservaddr, int addrlen)
long accept4(int fd, struct sockaddr *upeer_sockaddr, int *upeer_addrlen, int flags)
long sendto(int fd, void *buff, size_t len, unsigned int flags, struct sockaddr *addr, int addr_len)
long recvfrom(int fd, void *ubuf, size_t size, unsigned int flags, struct sockaddr *addr, int *addr_len)
long unlinkat(int dfd, const char *pathname, int flag)
long newfstatat(int dfd, const char *filename, struct stat *statbuf, int flag)
long epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
long poll(struct pollfd *ufds, unsigned int nfds, int timeout_msecs)
long nanosleep(struct timespec *rqtp, struct timespec *rmtp)
`);
