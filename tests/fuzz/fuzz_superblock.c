/* A disk with anything on it, as pieces: four bytes of place in KiB and byte, one of length, the bytes. What is found
 * has a name, and the same one when it is asked again; every place of it can be read. Where the first byte is a
 * multiple of 4, a small disk that holds nothing. */
#define _GNU_SOURCE
#include "node/superblock.h"
#include "require.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DISK_BYTES (1 << 27)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    int fd = memfd_create("disk", MFD_CLOEXEC);
    require(fd >= 0 && ftruncate(fd, data[0] % 4 ? DISK_BYTES : data[0] * 64) == 0);
    for (size_t i = 1; i + 5 <= size;) {
        off_t at = ((off_t)data[i] << 16 | data[i + 1] << 8 | data[i + 2]) % (DISK_BYTES / 512) * 512 +
            data[i + 3] * 2;
        size_t n = data[i + 4];
        i += 5;
        n = n < size - i ? n : size - i;
        require(data[0] % 4 == 0 || pwrite(fd, data + i, n, at) == (ssize_t)n);
        i += n;
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const char *found = superblock_find(path), *again = superblock_find(path);
    require(found ? again && found[0] && strcmp(found, again) == 0 : !again);
    if (data[0] % 4 == 0)
        require(!found || data[0] == 0);
    else
        require(!found || strcmp(found, "what cannot be read") != 0);
    close(fd);
    return 0;
}
