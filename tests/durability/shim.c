/* Loaded before libc (LD_PRELOAD): sees every call that changes a file below SHIM_ROOT, in the order they happen.
 * SHIM_KILL=n: the process dies by SIGKILL just before the n-th of them.
 * SHIM_LOG=file: each that succeeded is written there as `name offset length path`, a line end, and `length` bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *root;
static size_t root_length;
static long kill_at;
static long count;
static int log_fd = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  root = getenv("SHIM_ROOT");
  root_length = root ? strlen(root) : 0;
  kill_at = atol(getenv("SHIM_KILL") ? getenv("SHIM_KILL") : "0");
  const char *file = getenv("SHIM_LOG");
  if (file) log_fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
  return root_length > 0 && strncmp(path, root, root_length) == 0 && path[root_length] == '/';
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX);
  path[length > 0 ? length : 0] = 0;
  return is_ours(path);
}

/* Where a path leads that goes through a folder held open, such as /proc/self/fd/20/a.txt; any other as it is. */
static const char *straight(const char *path, char *out) {
  static const char held[] = "/proc/self/fd/";
  if (strncmp(path, held, sizeof held - 1) != 0) return path;
  char *rest;
  long fd = strtol(path + sizeof held - 1, &rest, 10);
  if (*rest != '/') return path;
  int before = errno;
  path_of((int)fd, out);
  errno = before;
  size_t length = strlen(out);
  snprintf(out + length, PATH_MAX + 1 - length, "%s", rest);
  return out;
}

static void enter(void) {
  pthread_mutex_lock(&one_at_a_time);
  if (++count == kill_at) kill(getpid(), SIGKILL);
}

/* The log's own write goes round the shim. */
static void put(const void *bytes, size_t length) {
  for (const char *from = bytes; length > 0;) {
    ssize_t done = syscall(SYS_write, log_fd, from, length);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) abort();
    from += done;
    length -= (size_t)done;
  }
}

static void leave(int ok, const char *name, off_t offset, const void *bytes, size_t length, const char *path) {
  int before = errno;
  if (ok && log_fd >= 0) {
    char line[PATH_MAX + 128];
    put(line, (size_t)snprintf(line, sizeof line, "%s %lld %zu %s\n", name, (long long)offset, length, path));
    put(bytes, length);
  }
  pthread_mutex_unlock(&one_at_a_time);
  errno = before;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static ssize_t written(ssize_t done, const char *name, off_t offset, const void *bytes, const char *path) {
  leave(done > 0, name, offset, bytes, done > 0 ? (size_t)done : 0, path);
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  char path[PATH_MAX + 1];
  if (!path_of(fd, path)) return real(fd, bytes, length, offset);
  enter();
  return written(real(fd, bytes, length, offset), "pwrite", offset, bytes, path);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(ssize_t, "write", int, const void *, size_t);
  char path[PATH_MAX + 1];
  if (!path_of(fd, path)) return real(fd, bytes, length);
  enter();
  ssize_t done = real(fd, bytes, length);
  return written(done, "write", done > 0 ? lseek(fd, 0, SEEK_CUR) - done : 0, bytes, path);
}

/* Two parts of one call are two calls here; the audit against strace shows that nothing makes them. */
ssize_t writev(int fd, const struct iovec *parts, int many) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  char path[PATH_MAX + 1];
  if (!path_of(fd, path)) return real(fd, parts, many);
  ssize_t sum = 0;
  for (int part = 0; part < many; part += 1) {
    ssize_t done = write(fd, parts[part].iov_base, parts[part].iov_len);
    if (done < 0) return sum > 0 ? sum : done;
    sum += done;
    if ((size_t)done < parts[part].iov_len) break;
  }
  return sum;
}

static int synced(int fd, int (*real)(int)) {
  char path[PATH_MAX + 1];
  if (!path_of(fd, path)) {
    if (root_length == 0 || strcmp(path, root) != 0) return real(fd);
  }
  struct stat info;
  int folder = fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
  enter();
  int code = real(fd);
  leave(code == 0, folder ? "syncdir" : "fsync", 0, "", 0, path);
  return code;
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  return synced(fd, real);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return synced(fd, real);
}

int ftruncate64(int fd, off64_t length) {
  REAL(int, "ftruncate64", int, off64_t);
  char path[PATH_MAX + 1];
  if (!path_of(fd, path)) return real(fd, length);
  enter();
  int code = real(fd, length);
  leave(code == 0, "ftruncate", length, "", 0, path);
  return code;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  char from_there[PATH_MAX + 1], to_there[PATH_MAX + 1];
  const char *source = straight(from, from_there), *target = straight(to, to_there);
  if (!is_ours(target)) return real(from, to);
  enter();
  int code = real(from, to);
  leave(code == 0, "rename", 0, source, strlen(source), target);
  return code;
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  char there[PATH_MAX + 1];
  const char *target = straight(path, there);
  if (!is_ours(target)) return real(path);
  enter();
  int code = real(path);
  leave(code == 0, "unlink", 0, "", 0, target);
  return code;
}
