/*
 * superblock.h - what stands on a whole disk that machined has no name for.
 *
 * Talos's discovery has no name for NTFS, exFAT, f2fs, HFS+, APFS and their like, nor for most members of arrays (btrfs
 * it knows, md from 1.14 on): a disk that is one of them from its first byte on is blank to it, and would be installed
 * over. This reads the places where such things put their mark, and nothing else.
 *
 * Sources: offsets and magics as libblkid (util-linux) probes for them; of arrays linux/raid/md_p.h.
 */
#ifndef HEARTH_NODE_SUPERBLOCK_H
#define HEARTH_NODE_SUPERBLOCK_H

#include "talos/look.h"

/* The name of what has its mark on this disk ("ntfs"), "what cannot be read" when it cannot be opened or a place of it
 * cannot be read whole, or NULL: no mark, or path (a block device or a file) is not there at all (ENOENT, ENXIO) and
 * machined's word stands. errno says why it cannot be read, 0 where it ends too early. */
const char *superblock_find(const char *path);

/* Gives each whole disk of the look that machined knows nothing on the name of what superblock_find() finds, below
 * SYSROOT/dev, and says of one that could not be read whether it may well be in a moment (error_passes). */
void superblock_look(struct look *look, const char *sysroot);

#endif
