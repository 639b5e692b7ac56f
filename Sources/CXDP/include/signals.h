/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as bytes from a pipe. */
#ifndef SLUICE_SIGNALS_H
#define SLUICE_SIGNALS_H

/* Catches SIGTERM, SIGINT and SIGHUP: each becomes a byte, its number, on the returned descriptor. -errno on failure. */
int signals_catch(void);

/* Waits for the next signal and returns its number; 0 after the time in milliseconds. -1: no limit. */
int signals_next(int descriptor, int milliseconds);

#endif
