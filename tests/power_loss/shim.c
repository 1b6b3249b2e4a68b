/* Writes down what a process does to the files below $POWER_LOSS_ROOT, into $POWER_LOSS_JOURNAL.
 *
 * Preloaded (LD_PRELOAD). One record each: "op inode offset length length\n", then a path and a
 * second path or the data. C create, M make a folder, W write, T truncate, S sync, R rename,
 * U remove, O what was printed. Paths are absolute, their folders without symbolic links.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static size_t root_length;
static int journal = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *given = getenv("POWER_LOSS_ROOT");
    if (given != NULL && strlen(given) < sizeof root) {
        strcpy(root, given);
        root_length = strlen(root);
    }
}

static int is_below(const char *path)
{
    return root_length > 0 && strncmp(path, root, root_length) == 0
        && (path[root_length] == '/' || path[root_length] == 0);
}

static void note(char op, unsigned long inode, long offset, const char *path, const void *data,
                 size_t length)
{
    int kept = errno;
    char head[128];
    size_t path_length = path == NULL ? 0 : strlen(path);
    int head_length = snprintf(head, sizeof head, "%c %lu %ld %zu %zu\n", op, inode, offset,
                               path_length, length);
    struct iovec parts[3] = {
        {head, head_length}, {(void *)path, path_length}, {(void *)data, length}};
    if (journal < 0 || syscall(SYS_writev, journal, parts, 3) < 0) {
        int opened = syscall(SYS_openat, AT_FDCWD, getenv("POWER_LOSS_JOURNAL"),
                             O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        journal = fcntl(opened, F_DUPFD_CLOEXEC, 900);
        syscall(SYS_close, opened);
        if (syscall(SYS_writev, journal, parts, 3) < 0)
            abort();
    }
    errno = kept;
}

/* The path of an open file that is watched, else NULL. */
static const char *path_of(int descriptor, char *path, struct stat *status)
{
    char link[64];
    int kept = errno;
    const char *found = NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length > 0) {
        path[length] = 0;
        if (is_below(path) && fstat(descriptor, status) == 0
            && (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode)))
            found = path;
    }
    errno = kept;
    return found;
}

/* A path that may not exist, absolute; NULL where it is not watched. */
static const char *absolute(int folder, const char *given, char *path)
{
    char joined[PATH_MAX * 2], parent[PATH_MAX], link[64];
    int kept = errno;
    const char *found = NULL;
    if (root_length == 0)
        return NULL;
    if (given[0] == '/') {
        snprintf(joined, sizeof joined, "%s", given);
    } else {
        ssize_t length;
        if (folder == AT_FDCWD) {
            length = getcwd(parent, sizeof parent) == NULL ? -1 : (ssize_t)strlen(parent);
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            length = readlink(link, parent, sizeof parent - 1);
        }
        if (length < 0)
            goto out;
        parent[length] = 0;
        snprintf(joined, sizeof joined, "%s/%s", parent, given);
    }
    size_t end = strlen(joined);
    while (end > 1 && joined[end - 1] == '/')
        joined[--end] = 0;
    char *name = strrchr(joined, '/');
    *name = 0;
    if (realpath(name == joined ? "/" : joined, parent) != NULL) {
        snprintf(path, PATH_MAX, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name + 1);
        if (is_below(path))
            found = path;
    }
out:
    errno = kept;
    return found;
}

static int opened_at(int folder, const char *given, int flags, mode_t mode)
{
    char path[PATH_MAX];
    struct stat status;
    const char *watched = NULL;
    int was_there = 1;
    if (flags & (O_CREAT | O_TRUNC)) {
        watched = absolute(folder, given, path);
        if (watched != NULL) {
            int kept = errno;
            was_there = lstat(watched, &status) == 0;
            errno = kept;
        }
    }
    int descriptor = syscall(SYS_openat, folder, given, flags, mode);
    if (descriptor >= 0 && watched != NULL && fstat(descriptor, &status) == 0) {
        if (!was_there)
            note('C', status.st_ino, 0, watched, NULL, 0);
        else if (flags & O_TRUNC)
            note('T', status.st_ino, 0, NULL, NULL, 0);
    }
    return descriptor;
}

static mode_t mode_given(int flags, va_list given)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(given, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list given;                                                                             \
        va_start(given, flags);                                                                    \
        mode_t mode = mode_given(flags, given);                                                    \
        va_end(given);                                                                             \
        return opened_at(AT_FDCWD, path, flags, mode);                                             \
    }
OPEN(open)
OPEN(open64)
#define OPENAT(name)                                                                               \
    int name(int folder, const char *path, int flags, ...)                                         \
    {                                                                                              \
        va_list given;                                                                             \
        va_start(given, flags);                                                                    \
        mode_t mode = mode_given(flags, given);                                                    \
        va_end(given);                                                                             \
        return opened_at(folder, path, flags, mode);                                               \
    }
OPENAT(openat)
OPENAT(openat64)

int creat(const char *path, mode_t mode)
{
    return opened_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

static void note_written(int descriptor, const void *data, ssize_t length, off_t offset)
{
    char path[PATH_MAX];
    struct stat status;
    if (length <= 0)
        return;
    if (descriptor == 1 || descriptor == 2)
        note('O', descriptor, 0, NULL, data, length);
    else if (path_of(descriptor, path, &status) != NULL) {
        if (offset < 0)
            offset = lseek(descriptor, 0, SEEK_CUR) - length;
        note('W', status.st_ino, offset, NULL, data, length);
    }
}

ssize_t write(int descriptor, const void *data, size_t length)
{
    ssize_t written = syscall(SYS_write, descriptor, data, length);
    note_written(descriptor, data, written, -1);
    return written;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count)
{
    size_t length = 0;
    for (int number = 0; number < count; number++)
        length += parts[number].iov_len;
    char *data = malloc(length + 1), *end = data;
    for (int number = 0; number < count; number++)
        end = mempcpy(end, parts[number].iov_base, parts[number].iov_len);
    ssize_t written = write(descriptor, data, length);
    int kept = errno;
    free(data);
    errno = kept;
    return written;
}

#define PWRITE(name)                                                                               \
    ssize_t name(int descriptor, const void *data, size_t length, off_t offset)                    \
    {                                                                                              \
        ssize_t written = syscall(SYS_pwrite64, descriptor, data, length, offset);                 \
        note_written(descriptor, data, written, offset);                                           \
        return written;                                                                            \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

/* Whoever copies within the kernel falls back to reading and writing. */
#define NOT_HERE(name, ...)                                                                        \
    ssize_t name(__VA_ARGS__)                                                                      \
    {                                                                                              \
        errno = EINVAL;                                                                            \
        return -1;                                                                                 \
    }
NOT_HERE(sendfile, int out, int in, off_t *offset, size_t count)
NOT_HERE(sendfile64, int out, int in, off64_t *offset, size_t count)
NOT_HERE(copy_file_range, int in, off64_t *from, int out, off64_t *to, size_t count, unsigned flags)

#define FTRUNCATE(name)                                                                            \
    int name(int descriptor, off_t length)                                                         \
    {                                                                                              \
        char path[PATH_MAX];                                                                       \
        struct stat status;                                                                        \
        int done = syscall(SYS_ftruncate, descriptor, length);                                     \
        if (done == 0 && path_of(descriptor, path, &status) != NULL)                               \
            note('T', status.st_ino, length, NULL, NULL, 0);                                       \
        return done;                                                                               \
    }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define TRUNCATE(name)                                                                             \
    int name(const char *given, off_t length)                                                      \
    {                                                                                              \
        char path[PATH_MAX];                                                                       \
        struct stat status;                                                                        \
        int done = syscall(SYS_truncate, given, length);                                           \
        const char *watched = done == 0 ? absolute(AT_FDCWD, given, path) : NULL;                  \
        if (watched != NULL && stat(watched, &status) == 0)                                        \
            note('T', status.st_ino, length, NULL, NULL, 0);                                       \
        return done;                                                                               \
    }
TRUNCATE(truncate)
TRUNCATE(truncate64)

#define SYNC(name, number)                                                                         \
    int name(int descriptor)                                                                       \
    {                                                                                              \
        char path[PATH_MAX];                                                                       \
        struct stat status;                                                                        \
        /* The disk need not have it: it is taken away later. */                                   \
        if (path_of(descriptor, path, &status) == NULL)                                            \
            return syscall(number, descriptor);                                                    \
        note('S', status.st_ino, 0, NULL, NULL, 0);                                                \
        return 0;                                                                                  \
    }
SYNC(fsync, SYS_fsync)
SYNC(fdatasync, SYS_fdatasync)

static int renamed(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    char one[PATH_MAX], other[PATH_MAX];
    const char *source = absolute(from_folder, from, one);
    const char *target = absolute(to_folder, to, other);
    int done = syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (done == 0 && source != NULL && target != NULL)
        note('R', flags, 0, source, target, strlen(target));
    return done;
}

int rename(const char *from, const char *to)
{
    return renamed(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return renamed(from_folder, from, to_folder, to, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    return renamed(from_folder, from, to_folder, to, flags);
}

int unlinkat(int folder, const char *given, int flags)
{
    char path[PATH_MAX];
    const char *watched = absolute(folder, given, path);
    int done = syscall(SYS_unlinkat, folder, given, flags);
    if (done == 0 && watched != NULL)
        note('U', 0, 0, watched, NULL, 0);
    return done;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int remove(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int folder, const char *given, mode_t mode)
{
    char path[PATH_MAX];
    struct stat status;
    const char *watched = absolute(folder, given, path);
    int done = syscall(SYS_mkdirat, folder, given, mode);
    if (done == 0 && watched != NULL && stat(watched, &status) == 0)
        note('M', status.st_ino, 0, watched, NULL, 0);
    return done;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}
