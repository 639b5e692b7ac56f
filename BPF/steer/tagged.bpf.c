// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Steering for an interface whose driver tells the VLAN tag that is not in the frame. An object of its own, since the kernel refuses a
 * program that calls the driver's kfunc where it is not bound to an interface, even if the call is never reached.
 */
#define SLUICE_READS_TAG
#include "steer.bpf.c"
