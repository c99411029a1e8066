/*
 * fd.h - descriptors that close themselves: `cleanup(fd_cleanup) int fd = -1;` (mem.h). They start at -1.
 */
#ifndef HEARTH_BASE_FD_H
#define HEARTH_BASE_FD_H

/* Takes *fd out, so that fd_cleanup() closes nothing. */
int fd_steal(int *fd);
/* Closes *fd if it is >= 0. For the cleanup attribute. */
void fd_cleanup(int *fd);

#endif
