#include "base/fd.h"

#include <unistd.h>

int fd_steal(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

void fd_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
