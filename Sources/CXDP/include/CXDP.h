/* SPDX-License-Identifier: Apache-2.0 */
/* Thin C over libxdp, libbpf and the calls that Swift can't import. An int result is 0 (or a descriptor) or -errno. */
#include "decap.h"
#include "memory.h"
#include "metadata.h"
#include "steering.h"
#include "sockets.h"
#include "rings.h"
#include "threads.h"
