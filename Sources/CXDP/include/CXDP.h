/* SPDX-License-Identifier: Apache-2.0 */
/* Thin C over libxdp, libbpf and the calls Swift can't import. Every int is 0 (or a descriptor) or -errno. */
#include "decap.h"
#include "steering.h"
#include "sockets.h"
#include "rings.h"
#include "threads.h"
