/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Reading a frame in BPF: the headers up to layer 4, as the steering program and the decapsulator both need them. */
#ifndef SLUICE_PACKET_H
#define SLUICE_PACKET_H
#endif
