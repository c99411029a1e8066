/*
 * volumes.h - may Talos give the volumes of the config a disk of its choice? Offline.
 *
 * A UserVolumeConfig, RawVolumeConfig or SwapVolumeConfig, and a VolumeConfig with a selector (EPHEMERAL, IMAGECACHE),
 * takes any disk that its selector fits and that Talos finds empty, and a disk whose content Talos has no name for is
 * empty to it: an MBR, whole-disk NTFS, exFAT, f2fs. So where such a document is not bound to the system disk, no other
 * disk may hold what Talos cannot see. Bound is one whose selector has system_disk as a term of its own beside &&.
 *
 * Source: Talos controllers/block/internal/volumes/disk.go and volumeconfig/system_volumes.go (1.13.9).
 */
#ifndef HEARTH_NODE_VOLUMES_H
#define HEARTH_NODE_VOLUMES_H

#include "base/error.h"
#include "plan/plan.h"
#include "talos/look.h"

/* install is the id of the install disk ("sda"), which the guard judges. The look is one that superblock_look() has
 * completed. E_GUARD_VOLUME names the document, the disk, what it holds, and the command that empties it. */
int volumes_judge(const struct look *look, const struct plan *plan, const char *install, struct error *e);

#endif
