/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A VLAN tag that the driver took off the frame, or that the kernel at the other end of a veth pair never put into it: told by a kfunc of the
 * driver (Linux 6.8, include/net/xdp.h), for which the program must be bound to its interface. The worker knows only the frame, so the tag
 * goes back into it; otherwise it would look untagged, and so would every answer.
 */
#ifndef SLUICE_TAG_H
#define SLUICE_TAG_H

#include "packet.h"

extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __be16 *protocol, __u16 *tci) __ksym;

/* Moves the data: pointers into the frame are invalid after it. */
static __always_inline void put_tag_back(struct xdp_md *ctx)
{
	__be16 protocol, *tag;
	__u32 *addresses;
	__u16 tci;

	if (bpf_xdp_metadata_rx_vlan_tag(ctx, &protocol, &tci))
		return; /* -ENODATA: it has none */
	if (bpf_xdp_adjust_head(ctx, -4))
		return; /* never: XDP leaves 256 bytes in front */
	addresses = (void *)(long)ctx->data;
	if ((void *)(addresses + 4) > (void *)(long)ctx->data_end)
		return; /* never; for the verifier */
	addresses[0] = addresses[1];
	addresses[1] = addresses[2];
	addresses[2] = addresses[3];
	tag = (__be16 *)(addresses + 3);
	tag[0] = protocol;
	tag[1] = bpf_htons(tci);
}

#endif
