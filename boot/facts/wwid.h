/*
 * wwid.h - the name of a SCSI disk by its VPD page 0x83, as a current kernel gives it. Pure.
 *
 * Kernels before 5.11 preferred the longest designator, which is the T10 one of an ATA disk that has a WWN too. Facts
 * taken under one of them must name the disk as Talos will.
 *
 * Sources: SPC-4 7.8.6 (designation descriptors); Linux 6.18 scsi_vpd_lun_id(): which one, and how it is written.
 */
#ifndef HEARTH_FACTS_WWID_H
#define HEARTH_FACTS_WWID_H

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>

#define WWID_PAGE_MAX ((size_t)4096) /* bytes of the page with its header of 4 */

/* Adds "naa.<hex>", "eui.<hex>", "t10.<text>" or a SCSI name string to out, which is empty; false when no designator of
 * the page names the disk itself. What is cut off counts as not there. */
bool wwid_of_page(struct span page, struct buf *out);

#endif
