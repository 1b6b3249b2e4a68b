/* Kills its process at the n-th call that writes to a file system: before it, halfway, or after.
 *
 * Loaded with LD_PRELOAD; black_box_arm(n, when) begins to count (when: 1 before, 2 halfway,
 * 3 after; n 0: never). What goes to descriptors 0 to 2 does not count.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long left;
static int moment;

void black_box_arm(long count, int when) {
    moment = when;
    atomic_store(&left, count);
}

/* When the process dies around this call; 0 where it is not the one. */
static int turn(void) {
    if (atomic_load(&left) <= 0) return 0;
    return atomic_fetch_sub(&left, 1) == 1 ? moment : 0;
}

static void die(void) { kill(getpid(), SIGKILL); pause(); }

#define REAL(name, type, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define CALL(type, call) \
    do { \
        int when = turn(); \
        if (when == 1 || when == 2) die(); \
        type result = call; \
        if (when == 3) die(); \
        return result; \
    } while (0)

#define WRITING(type, whole, half) \
    do { \
        int when = fd > 2 ? turn() : 0; \
        if (when == 1) die(); \
        if (when == 2) { if (half < 0) _exit(99); die(); } \
        type result = whole; \
        if (when == 3) die(); \
        return result; \
    } while (0)

ssize_t write(int fd, const void *data, size_t size) {
    REAL("write", ssize_t, int, const void *, size_t);
    WRITING(ssize_t, real(fd, data, size), real(fd, data, size / 2));
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL("pwrite", ssize_t, int, const void *, size_t, off_t);
    WRITING(ssize_t, real(fd, data, size, at), real(fd, data, size / 2, at));
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL("pwrite64", ssize_t, int, const void *, size_t, off64_t);
    WRITING(ssize_t, real(fd, data, size, at), real(fd, data, size / 2, at));
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    REAL("sendfile", ssize_t, int, int, off_t *, size_t);
    const int fd = to;
    WRITING(ssize_t, real(to, from, at, size), real(to, from, at, size / 2));
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
    REAL("sendfile64", ssize_t, int, int, off64_t *, size_t);
    const int fd = to;
    WRITING(ssize_t, real(to, from, at, size), real(to, from, at, size / 2));
}
int fsync(int fd) { REAL("fsync", int, int); CALL(int, real(fd)); }
int fdatasync(int fd) { REAL("fdatasync", int, int); CALL(int, real(fd)); }
int ftruncate(int fd, off_t size) { REAL("ftruncate", int, int, off_t); CALL(int, real(fd, size)); }
int ftruncate64(int fd, off64_t size) {
    REAL("ftruncate64", int, int, off64_t);
    CALL(int, real(fd, size));
}
int rename(const char *from, const char *to) {
    REAL("rename", int, const char *, const char *);
    CALL(int, real(from, to));
}
int unlink(const char *path) { REAL("unlink", int, const char *); CALL(int, real(path)); }
int rmdir(const char *path) { REAL("rmdir", int, const char *); CALL(int, real(path)); }
int mkdir(const char *path, mode_t mode) {
    REAL("mkdir", int, const char *, mode_t);
    CALL(int, real(path, mode));
}
