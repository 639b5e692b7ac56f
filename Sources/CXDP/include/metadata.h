/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver tells XDP programs beside a frame: the generic netlink family "netdev" (Documentation/netlink/specs/netdev.yaml of Linux). */
#ifndef SLUICE_METADATA_H
#define SLUICE_METADATA_H

#include <stdint.h>

/* Whether programs bound to the interface can ask for the VLAN tag that is not in the frame: 1, 0, or -errno where the kernel does not say. */
int metadata_has_tag(uint32_t ifindex);

#endif
