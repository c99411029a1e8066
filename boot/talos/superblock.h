/*
 * superblock.h - what stands on a whole disk that machined has no name for.
 *
 * Talos's discovery knows the file systems that Talos uses. A disk that is btrfs, NTFS or a member of an array from its first byte on is
 * blank to it, and would be installed over. This reads the places where such things put their mark, and nothing else.
 *
 * Sources: offsets and magics as libblkid (util-linux) probes for them; of arrays linux/raid/md_p.h.
 */
#ifndef HEARTH_TALOS_SUPERBLOCK_H
#define HEARTH_TALOS_SUPERBLOCK_H

#include "talos/look.h"

/* The name of what has its mark on this disk ("btrfs"), "what cannot be read" when a place fails to be, or NULL: no mark, or path (a block
 * device or a file) cannot be opened and machined's word stands. */
const char *superblock_find(const char *path);

/* Gives each whole disk of the look that machined knows nothing on the name of what superblock_find() finds, below SYSROOT/dev. */
void superblock_look(struct look *look, const char *sysroot);

#endif
